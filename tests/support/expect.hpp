// What nearly every test says about a Result.
#pragma once

#include <mos/base/result.hpp>

#include <doctest/doctest.h>

namespace mos::test {

// The value, or the test case ends here with the error's words.
template <class T>
T must(Result<T> result) {
    if (!result)
        FAIL("unexpected error: ", result.error().full_message());
    return std::move(result).value();
}

inline void must(const Result<void> &result) {
    if (!result)
        FAIL("unexpected error: ", result.error().full_message());
}

// The code of the error that is expected here; the test case ends when there is none.
template <class T>
Code refusal(const Result<T> &result) {
    if (result.ok())
        FAIL("an error was expected, but the call succeeded");
    INFO("the error says: ", result.error().full_message());
    return result.error().code();
}

}  // namespace mos::test

namespace doctest {
template <>
struct StringMaker<mos::Code> {
    static String convert(mos::Code code) { return std::string{mos::base::describe(code).name}.c_str(); }
};
}  // namespace doctest
