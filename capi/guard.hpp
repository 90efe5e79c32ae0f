// The one wall between C callers and C++: every function's body stands in guard().
#pragma once

#include "handles.hpp"

#include <mos/base/result.hpp>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <new>
#include <string_view>

namespace mos::capi {

// Stores the error for the caller, who may not want it, and returns its code as the API does: E001 is -1.
int report(mos_error **error, const Error &failure) noexcept;
int report_out_of_memory(mos_error **error) noexcept;
int report_unexpected(mos_error **error) noexcept;

// Runs `body`, which returns a Result<void> or Result<int>. No exception passes.
template <class Body>
int guard(mos_error **error, Body &&body) noexcept {
    if (error != nullptr)
        *error = nullptr;
    try {
        auto result = body();
        if (!result)
            return report(error, result.error());
        if constexpr (std::is_void_v<typename decltype(result)::value_type>)
            return MOS_OK;
        else
            return result.value();
    } catch (const std::bad_alloc &) {
        return report_out_of_memory(error);
    } catch (...) {
        return report_unexpected(error);
    }
}

// The same for accessors that answer with a value and have no error to give.
template <class Value, class Body>
Value answer(Value otherwise, Body &&body) noexcept {
    try {
        return body();
    } catch (...) {
        return otherwise;
    }
}

// What is wrong with an argument, which is called as in the header.
[[nodiscard]] Error null_argument(std::string_view name);
[[nodiscard]] Error wrong_handle(std::string_view name);
[[nodiscard]] Error size_not_set(std::string_view name);

// INVALID_ARGUMENT for NULL, WRONG_HANDLE for what is no live handle of this type.
template <class Handle>
[[nodiscard]] Result<void> check_handle(const Handle *handle, std::string_view name) {
    if (handle == nullptr)
        return null_argument(name);
    if (!handle->is_marked())
        return wrong_handle(name);
    return {};
}
#define MOS_CHECK_HANDLE(argument) MOS_CHECK(::mos::capi::check_handle(argument, #argument))

template <class Handle>
[[nodiscard]] bool is_live(const Handle *handle) noexcept {
    return handle != nullptr && handle->is_marked();
}

// Output handles are NULL unless the call succeeds.
template <class Handle>
[[nodiscard]] Result<void> check_output(Handle **output, std::string_view name) {
    if (output == nullptr)
        return null_argument(name);
    *output = nullptr;
    return {};
}
#define MOS_CHECK_OUTPUT(argument) MOS_CHECK(::mos::capi::check_output(argument, #argument))

[[nodiscard]] inline Result<std::string> required_text(const char *text, std::string_view what) {
    if (text == nullptr || *text == '\0')
        return Error{Code::INVALID_ARGUMENT, std::string{what} + " is missing"};
    return std::string{text};
}

[[nodiscard]] inline std::string text_or(const char *text, std::string_view otherwise) {
    return std::string{text == nullptr ? otherwise : std::string_view{text}};
}

// No struct of any version is larger; more is a struct_size that was never set.
inline constexpr std::size_t max_struct_bytes = 4096;

// As much of the caller's options as both sides know; defaults for the rest.
template <class Options>
[[nodiscard]] Options known_options(const Options *given) noexcept {
    Options options{};
    if (given != nullptr && given->struct_size <= max_struct_bytes)
        std::memcpy(&options, given, std::min<std::size_t>(given->struct_size, sizeof options));
    return options;
}

// The caller's options as this version knows them: a shorter struct has defaults at its end, a longer one must not ask
// for anything that is not known here, and neither must what is reserved for later versions.
template <class Options>
[[nodiscard]] Result<Options> read_options(const Options *given) {
    Options options = known_options(given);
    if (given == nullptr)
        return options;
    const std::size_t size = given->struct_size;
    if (size < sizeof given->struct_size || size > max_struct_bytes)
        return size_not_set("options");
    const auto *bytes = reinterpret_cast<const unsigned char *>(given);
    if (size > sizeof options &&
        std::any_of(bytes + sizeof options, bytes + size, [](unsigned char byte) { return byte != 0; }))
        return Error{Code::UNSUPPORTED, "the options ask for something that this version does not know"};
    if constexpr (requires { options.reserved; })
        if (options.reserved != 0)
            return Error{Code::UNSUPPORTED, "the options' field 'reserved' is not 0; use the _INIT macro"};
    return options;
}

template <class Output>
[[nodiscard]] Result<void> check_struct(const Output *given, std::string_view name) {
    if (given == nullptr)
        return null_argument(name);
    if (given->struct_size < sizeof given->struct_size || given->struct_size > max_struct_bytes)
        return size_not_set(name);
    return {};
}

// Fills the caller's output struct as far as it reaches.
template <class Output>
[[nodiscard]] Result<void> write_output(Output *given, std::string_view name, Output value) {
    MOS_CHECK(check_struct(given, name));
    const std::uint32_t size = given->struct_size;
    value.struct_size = size;
    std::memcpy(given, &value, std::min<std::size_t>(size, sizeof value));
    return {};
}

}  // namespace mos::capi
