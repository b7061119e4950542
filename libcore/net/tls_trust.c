/* The authorities that the system trusts. */
#include <sys/types.h>

#include <dirent.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509.h>

#include "base/xerr.h"
#include "net/tls_int.h"

enum { DIR_MAX = 4096 };

/* "4042bcee.0", as c_rehash(1) names its links. */
static bool
is_hash(const char *name)
{
	return strspn(name, "0123456789abcdef") == 8 && name[8] == '.' &&
	    strspn(name + 9, "0123456789") == strlen(name + 9) &&
	    name[9] != '\0';
}

static bool
is_hashed_dir(const char *path)
{
	struct dirent *de;
	bool found = false;
	DIR *dir = opendir(path);

	if (dir == NULL)
		return false;
	while (!found && (de = readdir(dir)) != NULL)
		found = is_hash(de->d_name);
	closedir(dir);
	return found;
}

/* One of LIST at least, which has colons between, as SSL_CERT_DIR does. */
static bool
has_hashed_dir(const char *list)
{
	char path[DIR_MAX];
	size_t n;

	for (;; list += n + 1) {
		n = strcspn(list, ":");
		if (n > 0 && n < sizeof(path)) {
			memcpy(path, list, n);
			path[n] = '\0';
			if (is_hashed_dir(path))
				return true;
		}
		if (list[n] == '\0')
			return false;
	}
}

/*
 * OpenSSL looks for somebody who has signed and knows him not yet: now the
 * bundle is read, once, behind the directory, which came first.
 */
static int
find_in_bundle(X509_LOOKUP *lookup, X509_LOOKUP_TYPE type,
    const X509_NAME *name, X509_OBJECT *found)
{
	const char *file = X509_LOOKUP_get_method_data(lookup);
	STACK_OF(X509_OBJECT) *all;
	X509 *x = NULL;
	int i;

	if (type != X509_LU_X509 || file == NULL)
		return 0;
	X509_LOOKUP_set_method_data(lookup, NULL);
	ERR_set_mark();
	(void)X509_load_cert_file(lookup, file, X509_FILETYPE_PEM);
	ERR_pop_to_mark();	/* without it the directory is all there is */
	all = X509_STORE_get0_objects(X509_LOOKUP_get_store(lookup));
	for (i = 0; i < sk_X509_OBJECT_num(all) && x == NULL; i++) {
		x = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(all, i));
		if (x != NULL &&
		    X509_NAME_cmp(X509_get_subject_name(x), name) != 0)
			x = NULL;
	}
	if (x == NULL || X509_OBJECT_set1_X509(found, x) != 1)
		return 0;
	/* the store has it, and one too many else: X509_LOOKUP_meth_new(3) */
	X509_free(x);
	return 1;
}

static int
add_bundle(struct tls_ctx *ctx, X509_STORE *store, const char *file)
{
	X509_LOOKUP *lookup;

	ctx->bundle = X509_LOOKUP_meth_new("bundle behind a directory");
	if (ctx->bundle == NULL || X509_LOOKUP_meth_set_get_by_subject(
	    ctx->bundle, find_in_bundle) != 1 ||
	    (lookup = X509_STORE_add_lookup(store, ctx->bundle)) == NULL ||
	    X509_LOOKUP_set_method_data(lookup, (void *)file) != 1)
		return XERR_NOMEM;
	return 0;
}

/* Reading a bundle takes 20 ms, a directory only what is needed of it. */
int
tls_trust_system(struct tls_ctx *ctx, const struct tls_config *cf,
    struct buf *why)
{
	X509_STORE *store = SSL_CTX_get_cert_store(ctx->ssl);
	const char *dir = cf->system_dir != NULL ? cf->system_dir :
	    X509_get_default_cert_dir();
	const char *file = cf->system_file != NULL ? cf->system_file :
	    X509_get_default_cert_file();
	X509_LOOKUP *lookup;

	if (has_hashed_dir(dir)) {
		lookup = X509_STORE_add_lookup(store, X509_LOOKUP_hash_dir());
		return lookup == NULL || X509_LOOKUP_add_dir(lookup, dir,
		    X509_FILETYPE_PEM) != 1 ? XERR_NOMEM :
		    add_bundle(ctx, store, file);
	}
	if (SSL_CTX_load_verify_file(ctx->ssl, file) != 1)
		return tls_config_error(why, "authorities of the system, nor in "
		    "its directory", file);
	return 0;
}
