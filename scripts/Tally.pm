# The harness that run-tests gives to prove: prove's own, which besides says
# what was skipped and why, and appends "PASSED FAILED SKIPPED" to the file
# $TALLY.  A test file that breaks off, or ends with a status although all its
# tests passed (a sanitizer's or valgrind's finding), counts as one failed.
package Tally;
use strict;
use warnings;
use parent 'TAP::Harness';

sub count_failed {
	my ($all) = @_;
	my $failed = 0;

	for my $file ($all->descriptions) {
		my ($one) = $all->parsers($file);
		my $bad = $one->failed;
		$bad ||= 1 if $one->parse_errors || $one->exit || $one->wait;
		$failed += $bad;
	}
	return $failed;
}

sub runtests {
	my ($self, @files) = @_;
	my @skipped;

	$self->callback(made_parser => sub {
		my ($parser, $job) = @_;
		my $file = $job->[0];
		my $seen = sub {
			my ($line) = @_;
			push @skipped, "$file: " . $line->explanation
			    if $line->has_skip;
		};
		$parser->callback(test => $seen);
		$parser->callback(plan => $seen);
	});
	my $all = $self->SUPER::runtests(@files);
	print "skipped: $_\n" for sort @skipped;
	if (my $path = $ENV{TALLY}) {
		open(my $out, '>>', $path) or die "$path: $!";
		print $out join(' ', $all->passed - $all->skipped,
		    count_failed($all), scalar @skipped), "\n";
		close($out) or die "$path: $!";
	}
	return $all;
}

1;
