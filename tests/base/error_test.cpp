#include <mos/base/error.hpp>

#include "expect.hpp"

#include <cerrno>
#include <set>

using namespace mos::base;

TEST_CASE("every code in the table has its own number, name, sentence and remedy") {
    std::set<int> numbers;
    std::set<std::string_view> names;
    for (const Code code : {
#define MOS_ERROR(number, name, sentence, remedy) Code::name,
#include <mos/base/errors.def>
#undef MOS_ERROR
         }) {
        const CodeDescription description = describe(code);
        CHECK(numbers.insert(static_cast<int>(code)).second);
        CHECK(names.insert(description.name).second);
        CHECK_FALSE(description.sentence.empty());
        CHECK_FALSE(description.remedy.empty());
    }
    CHECK(*numbers.begin() == 1);
    CHECK(*numbers.rbegin() == static_cast<int>(numbers.size()));  // no gaps
}

TEST_CASE("the guide's error numbers stay what the guide says") {
    CHECK(static_cast<int>(Code::SIGNATURE_INVALID) == 1);
    CHECK(static_cast<int>(Code::DEPENDENCY) == 2);
    CHECK(static_cast<int>(Code::NO_SPACE) == 3);
    CHECK(static_cast<int>(Code::NETWORK_TIMEOUT) == 4);
    CHECK(static_cast<int>(Code::REQUIREMENTS) == 5);
    CHECK(static_cast<int>(Code::CONFLICT) == 6);
    CHECK(static_cast<int>(Code::BACKUP) == 7);
}

TEST_CASE("a system error names the object, keeps the errno and chooses the code") {
    const Error error = system_error(ENOSPC, "write", "usr/bin/x");
    CHECK(error.code() == Code::NO_SPACE);
    CHECK(error.system_errno() == ENOSPC);
    CHECK(error.object() == "usr/bin/x");
    CHECK(error.message() == "can't write 'usr/bin/x': No space left on device");
    CHECK(system_error(EROFS, "open", "x").code() == Code::READ_ONLY);
    CHECK(system_error(EBADF, "open", "x").code() == Code::IO);
}

TEST_CASE("what helps against a system error depends on its number") {
    CHECK(system_error(EACCES, "open", "x").remedy() == describe(Code::PERMISSION).remedy);
    CHECK(system_error(EPERM, "open", "x").remedy().find("chattr -i") != std::string_view::npos);
    CHECK(system_error(ENAMETOOLONG, "open", "x").remedy().starts_with("use a shorter path"));
    CHECK(system_error(EMFILE, "open", "x").remedy().find("ulimit -n") != std::string_view::npos);
    CHECK(system_error(EFBIG, "write", "x").remedy().find("ulimit -f") != std::string_view::npos);
    CHECK(system_error(ELOOP, "open", "etc/x.yml").remedy().starts_with("name what the link leads to"));
}

TEST_CASE("an error's own remedy stands before its code's, and context keeps it") {
    const Error plain{Code::NOT_FOUND, "m"};
    CHECK(plain.remedy() == describe(Code::NOT_FOUND).remedy);
    CHECK(in_context(plain, "context").remedy() == plain.remedy());
    const auto own = Error{Code::NOT_FOUND, "m"}.with_remedy("look elsewhere");
    CHECK(own.remedy() == "look elsewhere");
    CHECK(in_context(own, "context").remedy() == "look elsewhere");
    CHECK(Error{Code::IO, "outer"}.caused_by(own).remedy() == describe(Code::IO).remedy);
}

TEST_CASE("an error of the kernel that says nothing of what is there is known as such, in any context") {
    for (const int number : {ENOSPC, EIO, EROFS, ENOMEM, EACCES, EMFILE})
        CHECK(is_system_failure(in_context(mos::base::system_error(number, "open", "a"), "can't look")));
    for (const int number : {ENOENT, ENOTDIR, EISDIR, ELOOP, ENAMETOOLONG})
        CHECK_FALSE(is_system_failure(mos::base::system_error(number, "open", "a")));
    CHECK(is_system_failure(Error{Code::OUT_OF_MEMORY, "no memory"}));
    CHECK_FALSE(is_system_failure(Error{Code::POINT_DAMAGED, "too short"}));
}

TEST_CASE("context is added and the cause is kept") {
    const Error error = in_context(system_error(EIO, "read", "a"), "can't install 'p'");
    CHECK(error.code() == Code::IO);
    CHECK(error.system_errno() == EIO);
    CHECK(error.full_message() == "can't install 'p': can't read 'a': Input/output error");
}
