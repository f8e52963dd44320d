#pragma once
/* The plain C interface (C11 and C++) between a worker process and a compiled plugin. A plugin
 * exports one symbol, `hotreload_plugin`, and may come from any compiler.
 *
 * Lifetimes. The host table lives until `destroy` has returned. The params of `load` live as long.
 * Every other value and string that passes through this table lives until the plugin's function
 * that is running returns (load, migrate, …): copy what must stay. Strings are UTF-8
 * with a size and are NOT terminated by NUL.
 *
 * Threads. The host table may be used only on the thread that called the plugin, and only while
 * that call runs. Exceptions must not leave the plugin's functions. */

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HR_PLUGIN_ABI 1u
#define HR_EXPORT __attribute__((visibility("default")))

typedef struct hr_value hr_value; /* one JSON value, known to the host only */
typedef struct hr_string {
    const char* data;
    size_t size;
} hr_string;

typedef enum hr_kind {
    HR_NULL,
    HR_BOOLEAN,
    HR_INTEGER,
    HR_NUMBER,
    HR_STRING,
    HR_ARRAY,
    HR_OBJECT
} hr_kind;
typedef enum hr_level { HR_DEBUG, HR_INFO, HR_WARNING, HR_ERROR } hr_level;

typedef struct hr_error {
    int32_t code;      /* of a failed `call`: the protocol's code; a plugin's own errors leave 0 */
    int32_t line;      /* 0: unknown */
    hr_string type;    /* name of the exception's type; may be empty */
    hr_string message; /* what happened */
    hr_string file;    /* may be empty */
} hr_error;

/* What the host offers. A newer host may append functions: `size` says how far this one goes. */
typedef struct hr_host hr_host;
struct hr_host {
    uint32_t abi;
    uint32_t size;
    /* Reading. A null pointer reads as null; a value of another kind reads as zero, false, empty or
     * absent. */
    hr_kind (*kind)(const hr_value* value);
    int64_t (*integer)(const hr_value* value); /* of a number: rounded towards zero */
    double (*number)(const hr_value* value);
    int (*boolean)(const hr_value* value);
    hr_string (*string)(const hr_value* value);
    size_t (*count)(const hr_value* value); /* elements of an array, members of an object */
    /* An element or a member's value; a member's name; NULL or empty beyond the end or absent. */
    const hr_value* (*at)(const hr_value* value, size_t index);
    hr_string (*key)(const hr_value* object, size_t index);
    const hr_value* (*get)(const hr_value* object, hr_string key);

    /* Building. What is built belongs to the host; `set` and `push` take the child, which must not
     * be used afterwards. */
    hr_value* (*make_null)(const hr_host* host);
    hr_value* (*make_boolean)(const hr_host* host, int value);
    hr_value* (*make_integer)(const hr_host* host, int64_t value);
    hr_value* (*make_number)(const hr_host* host, double value);
    hr_value* (*make_string)(const hr_host* host, hr_string value);
    hr_value* (*make_bytes)(const hr_host* host, hr_string bytes); /* a string in base64 */
    hr_value* (*make_array)(const hr_host* host);
    hr_value* (*make_object)(const hr_host* host);
    hr_value* (*copy)(const hr_host* host, const hr_value* value);
    void (*set)(hr_value* object, hr_string key, hr_value* child);
    void (*push)(hr_value* array, hr_value* child);

    /* One line for the log of this generation; `fields` is an object or NULL, and is taken. */
    void (*log)(const hr_host* host, hr_level level, hr_string message, hr_value* fields);
    /* Asks the host and waits for its reply. 0: `*out` is the result. Otherwise `*error` says why
     * not. Takes `params`. */
    int (*call)(const hr_host* host, hr_string method, hr_value* params, const hr_value** out,
                hr_error* error);
    /* Says why the function that is running is about to return non-zero. Everything is copied. */
    void (*fail)(const hr_host* host, const hr_error* error);
};

/* One event for an offer of the plugin. A newer host may append members. */
typedef struct hr_event {
    uint32_t size;
    int64_t deadline_ms;
    hr_string kind;
    hr_string name;
    const hr_value* event;
} hr_event;

/* What the plugin offers. Functions return 0, or non-zero after `host->fail`. The table grows at
 * its end only: what lies beyond `size` is not there, so a plugin of an older header loads. */
typedef struct hr_plugin {
    uint32_t abi;                         /* HR_PLUGIN_ABI: read before anything else */
    uint32_t size;                        /* sizeof(hr_plugin) */
    void* (*create)(const hr_host* host); /* NULL on failure */
    /* `params` is the protocol's `load`; `*out` becomes its result, to which the worker adds what
     * it knows better. */
    int (*load)(void* plugin, const hr_value* params, hr_value** out);
    int (*probe)(void* plugin, hr_value** out); /* {"ok": bool, "reason"?: string} */
    int (*handle)(void* plugin, const hr_event* event, hr_value** out);
    void (*shutdown)(void* plugin); /* called once, before destroy, when load succeeded */
    void (*destroy)(void* plugin);
    /* `params` and `*out` as in the protocol's `migrate`. NULL or not there: no migration. */
    int (*migrate)(void* plugin, const hr_value* params, hr_value** out);
} hr_plugin;

HR_EXPORT const hr_plugin* hotreload_plugin(void);

#ifdef __cplusplus
}
#endif
