#include "reference.hpp"

#include <fmt/format.h>

namespace frame {

const std::vector<Fact> &exit_codes() {
    static const std::vector<Fact> codes{
        {"0", "done"},
        {"1", "usage: the command line is wrong"},
        {"2", "refused: signature, trust, policy, conflict, downgrade, a changed plan, a damaged package"},
        {"3", "failed: disk, permission, lock, cancelled. Nothing was changed, or it was undone. Of a command that "
              "examines: it found something wrong"},
        {"4", "a question needs an answer, and there was nobody to give it"},
        {"5", "not built: an option or a command of the guide whose part is not in this build"},
    };
    return codes;
}

const std::vector<Fact> &environment_variables() {
    static const std::vector<Fact> variables{
        {"MULTIOS_HELPER", "the program multios-run-script, which runs scripts of packages, where it is not installed; "
                           "an absolute path"},
        {"NO_COLOR", "if it is not empty: no colours"},
        {"SOURCE_DATE_EPOCH", "of 'create': no time in the package is later"},
    };
    return variables;
}

const std::vector<Fact> &files_of_root() {
    static const std::vector<Fact> files{
        {"ROOT/etc/multios/trust/", "certificates, keys and revocation lists of those who may sign"},
        {"ROOT/etc/multios/security-policy.yml", "what this system demands of a package"},
        {"ROOT/var/lib/multios/", "what is installed, and the history"},
        {"ROOT/.multios-stage/", "recovery points, and what a change stages; also at the top of each volume"},
        {"ROOT/var/backups/multios/", "archives that 'remove --backup-data' writes"},
    };
    return files;
}

std::string_view csv_rules() noexcept {
    return "With --format=csv a command that prints rows writes them as RFC 4180 says: UTF-8, lines that end in CR LF, "
           "a first line with the names of the columns, and quotes where a field has a comma or a quote. Numbers are "
           "bare, times are ISO 8601 in UTC, truths are 'true' and 'false', what does not apply is empty, and a list "
           "in "
           "one field is separated by '; '. A path that is not clean UTF-8 stands as base64 in the column that is "
           "named "
           "NAME_base64, and NAME is empty; in other fields such bytes are written \\xNN. Names of columns stay as "
           "they "
           "are; new ones are added behind the others. What is no row, such as an error, a note or a question, is told "
           "on standard error.";
}

std::string shown_name(const Option &option) {
    if (option.kind == Kind::flag)
        return fmt::format("--{}", option.name);
    return fmt::format("--{}={}", option.name, option.value);
}

std::string usage_of(const Tool &tool, const Command &command) {
    std::string usage = fmt::format("{} {}", tool.name, command.name);
    for (const Option &option : command.options)
        if (option.need == Need::required)
            usage += " " + shown_name(option);
    if (command.operands.most > 0) {
        const std::string_view more = command.operands.most > 1 ? "..." : "";
        usage += command.operands.least > 0 ? fmt::format(" {}{}", command.operands.name, more)
                                            : fmt::format(" [{}{}]", command.operands.name, more);
    }
    return usage + " [OPTION...]";
}

}  // namespace frame
