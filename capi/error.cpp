#include "guard.hpp"

#include <mos/base/bytes.hpp>

#include <fmt/format.h>

#include <cerrno>

using mos::Code;
using mos::Error;

struct mos_error {
    int32_t code = MOS_E_INTERNAL;
    int32_t system_errno = 0;
    std::string message;
    std::string object;
    std::string remedy;  // of its own; empty where the code's holds
    std::unique_ptr<mos_error> cause;
};

namespace {

int32_t returned(Code code) { return -static_cast<int32_t>(code); }

Code code_of(int32_t returned_code) {
    // describe() takes any number; one that is not in the table is described as INTERNAL.
    return static_cast<Code>(-static_cast<std::int64_t>(returned_code));
}

std::unique_ptr<mos_error> copy(const Error &failure) {
    auto copied = std::make_unique<mos_error>();
    copied->code = returned(failure.code());
    copied->system_errno = failure.system_errno();
    copied->message = mos::base::printable(failure.message());
    copied->object = failure.object();
    copied->remedy = mos::base::printable(failure.own_remedy());
    if (failure.cause() != nullptr)
        copied->cause = copy(*failure.cause());
    return copied;
}

// Made before memory can run out, and never freed.
mos_error &out_of_memory() {
    static mos_error error{.code = MOS_E_OUT_OF_MEMORY,
                           .system_errno = 0,
                           .message = "out of memory",
                           .object = {},
                           .remedy = {},
                           .cause = nullptr};
    return error;
}

[[maybe_unused]] const mos_error &made_at_start = out_of_memory();

}  // namespace

namespace mos::capi {

int report(mos_error **error, const Error &failure) noexcept {
    try {
        if (error != nullptr)
            *error = copy(failure).release();
        return returned(failure.code());
    } catch (...) {
        return report_out_of_memory(error);
    }
}

int report_out_of_memory(mos_error **error) noexcept {
    if (error != nullptr)
        *error = &out_of_memory();
    return MOS_E_OUT_OF_MEMORY;
}

int report_unexpected(mos_error **error) noexcept {
    try {
        return report(error, Error{Code::INTERNAL, "unexpected exception"});
    } catch (...) {
        return report_out_of_memory(error);
    }
}

Error null_argument(std::string_view name) {
    return Error{Code::INVALID_ARGUMENT, fmt::format("the argument '{}' is NULL", name)};
}

Error wrong_handle(std::string_view name) {
    return Error{Code::WRONG_HANDLE, fmt::format("the handle '{}' is of another type or was freed", name)};
}

Error size_not_set(std::string_view name) {
    return Error{Code::INVALID_ARGUMENT, fmt::format("struct_size of '{}' is not set; use the _INIT macro", name)};
}

}  // namespace mos::capi

int32_t mos_error_code(const mos_error *error) { return error != nullptr ? error->code : MOS_E_INTERNAL; }

const char *mos_error_message(const mos_error *error) {
    return error != nullptr ? error->message.c_str() : mos_error_code_sentence(MOS_E_INTERNAL);
}

const char *mos_error_remedy(const mos_error *error) {
    const bool has_own = error != nullptr && !error->remedy.empty();
    return has_own ? error->remedy.c_str() : mos_error_code_remedy(mos_error_code(error));
}

const char *mos_error_object(const mos_error *error) { return error != nullptr ? error->object.c_str() : ""; }

int32_t mos_error_errno(const mos_error *error) { return error != nullptr ? error->system_errno : 0; }

bool mos_error_retryable(const mos_error *error) {
    const int32_t number = mos_error_errno(error);
    if (number == EMFILE || number == ENFILE)
        return true;
    switch (mos_error_code(error)) {
    case MOS_E_NO_SPACE:
    case MOS_E_NETWORK_TIMEOUT:
    case MOS_E_OUT_OF_MEMORY:
    case MOS_E_CANCELLED:
    case MOS_E_LOCKED:
    case MOS_E_CHANGED_MEANWHILE:
        return true;
    default:
        return false;
    }
}

const mos_error *mos_error_cause(const mos_error *error) { return error != nullptr ? error->cause.get() : nullptr; }

void mos_error_free(mos_error *error) {
    if (error != &out_of_memory())
        delete error;
}

// The table's texts are literals, so they end with a NUL.
const char *mos_error_code_name(int32_t code) { return mos::base::describe(code_of(code)).name.data(); }
const char *mos_error_code_sentence(int32_t code) { return mos::base::describe(code_of(code)).sentence.data(); }
const char *mos_error_code_remedy(int32_t code) { return mos::base::describe(code_of(code)).remedy.data(); }
