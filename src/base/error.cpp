#include <mos/base/error.hpp>

#include <mos/base/bytes.hpp>

#include <fmt/format.h>

#include <cerrno>
#include <system_error>

namespace mos::base {

CodeDescription describe(Code code) noexcept {
    switch (code) {
#define MOS_ERROR(number, name, sentence, remedy)                                                                      \
    case Code::name:                                                                                                   \
        return {#name, sentence, remedy};
#include <mos/base/errors.def>
#undef MOS_ERROR
    }
    return describe(Code::INTERNAL);
}

Error::Error(Code code, std::string message) : m_code(code), m_message(std::move(message)) {}
Error::Error(const Error &) = default;
Error::Error(Error &&) noexcept = default;
Error &Error::operator=(const Error &) = default;
Error &Error::operator=(Error &&) noexcept = default;
Error::~Error() = default;

Error Error::about(std::string object) && {
    m_object = std::move(object);
    return std::move(*this);
}

Error Error::with_remedy(std::string remedy) && {
    m_remedy = std::move(remedy);
    return std::move(*this);
}

Error Error::with_errno(int number) && {
    m_system_errno = number;
    return std::move(*this);
}

Error Error::caused_by(Error cause) && {
    if (m_system_errno == 0)
        m_system_errno = cause.m_system_errno;
    m_cause = std::make_shared<const Error>(std::move(cause));
    return std::move(*this);
}

std::string Error::full_message() const {
    std::string text = m_message;
    for (const Error *cause = m_cause.get(); cause != nullptr; cause = cause->m_cause.get())
        text += ": " + cause->m_message;
    return text;
}

static Code code_of_errno(int number) {
    switch (number) {
    case ENOENT:
    case ENOTDIR:
        return Code::NOT_FOUND;
    case EEXIST:
    case ENOTEMPTY:
        return Code::EXISTS;
    case ENOSPC:
    case EDQUOT:
        return Code::NO_SPACE;
    case EROFS:
        return Code::READ_ONLY;
    case EACCES:
    case EPERM:
        return Code::PERMISSION;
    case ELOOP:
        return Code::SYMLINK_IN_PATH;
    case EXDEV:
        return Code::CROSS_MOUNT;
    case ENAMETOOLONG:
        return Code::PATH_REFUSED;
    case ENOMEM:
        return Code::OUT_OF_MEMORY;
    case EOPNOTSUPP:
        return Code::UNSUPPORTED;
    default:
        return Code::IO;
    }
}

// Where a code has several numbers, and what helps differs: empty where the code's remedy holds.
static std::string_view remedy_of_errno(int number) {
    switch (number) {
    case ELOOP:
        return "name what the link leads to, or put a file or folder in its place";
    case EPERM:
        return "run as root; what even root may not change is immutable: 'lsattr' shows it, 'chattr -i' ends it";
    case ENAMETOOLONG:
        return "use a shorter path, with names of at most 255 bytes";
    case EMFILE:
    case ENFILE:
        return "close some files, or raise the limit of open files ('ulimit -n', LimitNOFILE=), and try again";
    case EFBIG:
        return "raise the limit of a file's size ('ulimit -f', LimitFSIZE=), or use a filesystem for larger files";
    default:
        return "";
    }
}

Error system_error(int number, std::string_view what, std::string_view object) {
    // std::generic_category() is strerror_r with the lock and the locale handled for us.
    const std::string reason = std::generic_category().message(number);
    return Error{code_of_errno(number), fmt::format("can't {} {}: {}", what, in_quotes(object), reason)}
        .about(std::string{object})
        .with_remedy(std::string{remedy_of_errno(number)})
        .with_errno(number);
}

bool is_system_failure(const Error &error) noexcept {
    const int number = error.system_errno();
    if (number == 0 || number == EISDIR)
        return error.code() == Code::OUT_OF_MEMORY;
    switch (code_of_errno(number)) {
    case Code::NO_SPACE:
    case Code::READ_ONLY:
    case Code::PERMISSION:
    case Code::OUT_OF_MEMORY:
    case Code::IO:
        return true;
    default:
        return false;
    }
}

Error in_context(Error cause, std::string message) {
    const Code code = cause.code();
    std::string object = cause.object();
    std::string remedy = cause.own_remedy();
    return Error{code, std::move(message)}
        .about(std::move(object))
        .with_remedy(std::move(remedy))
        .caused_by(std::move(cause));
}

}  // namespace mos::base
