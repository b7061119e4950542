/* Channel bindings, and the lists that speak of them. */
#include <string.h>

#include "sasl/binding.h"

const struct sasl_binding *
sasl_binding_find(const struct sasl_binding *b, size_t n, const char *type)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(b[i].type, type) == 0)
			return &b[i];
	return NULL;
}

bool
sasl_is_among(const char *s, const char *const *list, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(list[i], s) == 0)
			return true;
	return false;
}

bool
sasl_has_scram(const char *const *mechanisms, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strncmp(mechanisms[i], "SCRAM-", 6) == 0)
			return true;
	return false;
}

bool
sasl_has_plus(const char *const *mechanisms, size_t n)
{
	size_t i, len;

	for (i = 0; i < n; i++) {
		len = strlen(mechanisms[i]);
		if (len > 11 && strncmp(mechanisms[i], "SCRAM-", 6) == 0 &&
		    strcmp(mechanisms[i] + len - 5, "-PLUS") == 0)
			return true;
	}
	return false;
}
