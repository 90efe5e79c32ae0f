// Errors: a fixed code, one line for a person, and what caused it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace mos::base {

// Codes as in errors.def; the value is the E-number. Fixed for ever.
enum class Code : std::int32_t {
#define MOS_ERROR(number, name, sentence, remedy) name = number,
#include <mos/base/errors.def>
#undef MOS_ERROR
};

// What errors.def says about a code. Never fails: an unknown code is described as INTERNAL.
struct CodeDescription {
    std::string_view name;      // "SIGNATURE_INVALID"
    std::string_view sentence;  // "package signature invalid"
    std::string_view remedy;    // "get the package again from its publisher; …"
};
[[nodiscard]] CodeDescription describe(Code code) noexcept;

// One failure. `message` is one line without the E-number; it names the object in quotes where there is one. Context is
// added once a layer with `caused_by`, a lower error is never replaced. Copies share the cause.
class Error {
  public:
    Error(Code code, std::string message);
    // Not inline: behind each call that may fail stand some of them, which made a third of the library's code.
    Error(const Error &);
    Error(Error &&) noexcept;
    Error &operator=(const Error &);
    Error &operator=(Error &&) noexcept;
    ~Error();

    [[nodiscard]] Error about(std::string object) &&;
    // Where the code's own remedy is not what helps here: one line, as in errors.def.
    [[nodiscard]] Error with_remedy(std::string remedy) &&;
    [[nodiscard]] Error with_errno(int number) &&;
    [[nodiscard]] Error caused_by(Error cause) &&;

    [[nodiscard]] Code code() const noexcept { return m_code; }
    [[nodiscard]] const std::string &message() const noexcept { return m_message; }
    [[nodiscard]] const std::string &object() const noexcept { return m_object; }  // path, package or key; may be empty
    // What to do: the error's own, or its code's.
    [[nodiscard]] std::string_view remedy() const noexcept {
        return m_remedy.empty() ? describe(m_code).remedy : m_remedy;
    }
    [[nodiscard]] const std::string &own_remedy() const noexcept { return m_remedy; }  // empty where the code's holds
    [[nodiscard]] int system_errno() const noexcept { return m_system_errno; }         // 0 where none
    [[nodiscard]] const Error *cause() const noexcept { return m_cause.get(); }        // lives as long as this error

    // "message: message of the cause: …", for logs and tests.
    [[nodiscard]] std::string full_message() const;

  private:
    Code m_code;
    std::string m_message;
    std::string m_object;
    std::string m_remedy;
    int m_system_errno = 0;
    std::shared_ptr<const Error> m_cause;
};

// An error for a failed system call: the code follows from the number (ENOSPC is NO_SPACE, EROFS is READ_ONLY, …; IO
// otherwise), the message reads "can't <what> '<object>': <text of the number>".
[[nodiscard]] Error system_error(int number, std::string_view what, std::string_view object);

// Adds one layer's context and keeps code, object and remedy: "can't install 'x'" caused by "no space left".
[[nodiscard]] Error in_context(Error cause, std::string message);

// Whether it comes from an error of the kernel that says nothing of what is there: no space, a broken disk, a lack of
// memory or permission. Who finds something altered, lost or changed by such an error has found nothing out.
[[nodiscard]] bool is_system_failure(const Error &error) noexcept;

}  // namespace mos::base

namespace mos {
using base::Code;
using base::Error;
}  // namespace mos
