// The table that a tool is made of: its commands, their options, and what runs them.
#pragma once

#include "handles.hpp"

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace frame {

enum class Kind { flag, text, number, choice };
enum class Need { optional, required };
enum class Times { once, often };

// How an option of the guide stands in this build.
enum class Standing {
    works,
    always_on,  // what it asks for is always so; it may be given
    not_built,  // its part is not in this build: given, it ends the command with exit code 5
};

struct Option {
    std::string_view name;  // without the dashes
    Kind kind = Kind::flag;
    std::string_view value;  // "FILE"; a choice's words, separated by '|'; "" for a flag
    std::string_view help;   // of one that is not built: what is missing, as in "this build has no …"
    Need need = Need::optional;
    Standing standing = Standing::works;
    Times times = Times::once;
    std::int64_t lowest = 0;
    std::int64_t highest = std::numeric_limits<std::int64_t>::max();
};

// How the tables write their options.
[[nodiscard]] Option flag(std::string_view name, std::string_view help);
[[nodiscard]] Option text(std::string_view name, std::string_view value, std::string_view help);
[[nodiscard]] Option number(std::string_view name, std::int64_t lowest, std::int64_t highest, std::string_view help);
[[nodiscard]] Option choice(std::string_view name, std::string_view words, std::string_view help);
[[nodiscard]] Option required(Option option);
[[nodiscard]] Option repeatable(Option option);
[[nodiscard]] Option always_on(std::string_view name, std::string_view help);
[[nodiscard]] Option not_built_flag(std::string_view name, std::string_view missing);
[[nodiscard]] Option not_built_text(std::string_view name, std::string_view value, std::string_view missing);

// The options that nearly every command has.
[[nodiscard]] Option root_option();
[[nodiscard]] Option trust_option();

// What stands behind a command without dashes.
struct Operands {
    std::string_view name;  // "FILE"; words to choose from, separated by '|'
    std::size_t least = 0;
    std::size_t most = 0;
};

constexpr std::size_t any_number = 1000;

// What was given on the command line, checked against the table.
class Values {
  public:
    void add(std::string_view name, std::string value) { m_options[std::string{name}].push_back(std::move(value)); }
    void add_operand(std::string operand) { m_operands.push_back(std::move(operand)); }

    [[nodiscard]] bool has(std::string_view name) const { return m_options.find(name) != m_options.end(); }
    [[nodiscard]] std::optional<std::string> text(std::string_view name) const;
    [[nodiscard]] std::string text_or(std::string_view name, std::string_view fallback) const;
    // Every value of a repeatable option, in the order of the command line.
    [[nodiscard]] std::vector<std::string> texts(std::string_view name) const;
    // NULL when it was not given; lives as long as this object.
    [[nodiscard]] const char *c_text(std::string_view name) const;
    [[nodiscard]] bool flag(std::string_view name) const;
    [[nodiscard]] std::optional<std::int64_t> number(std::string_view name) const;
    [[nodiscard]] const std::vector<std::string> &operands() const noexcept { return m_operands; }

  private:
    [[nodiscard]] const std::string *find(std::string_view name) const;

    std::map<std::string, std::vector<std::string>, std::less<>> m_options;  // none of the lists is empty
    std::vector<std::string> m_operands;
};

enum class Format { text, json, csv };
enum class Verbosity { quiet, verbose, debug };

struct Command;
struct Tool;

// One run of one command.
struct Session {
    const Tool &tool;
    const Command &command;
    const Values &values;
    Format format;
    Verbosity verbosity;
    mos_context *context;

    [[nodiscard]] bool json() const noexcept { return format == Format::json; }
};

// Returns what the tool exits with; a Failure is printed by the frame.
using Handler = Result<ExitCode> (*)(Session &session);

// Where what the library warns of is told: with the job's outcome, or on standard error as it comes.
enum class Warnings { in_outcome, at_once };

// The columns of a list that a command prints as CSV.
struct CsvList {
    std::string_view when;  // "with --installed"; "" where there is but one
    std::vector<std::string> names;
};

struct Command {
    std::string_view name;  // one or several words: "rollback last-good"
    std::string_view summary;
    std::string_view example;
    Effect effect;
    Handler run;
    Operands operands;
    std::vector<Option> options;
    Warnings warnings = Warnings::in_outcome;
    std::vector<CsvList> csv = {};  // see listing.hpp; none: the command has no rows, and refuses --format=csv
};

// A command of the guide whose part is not in this build.
struct MissingCommand {
    std::string_view name;
    std::string_view missing;  // "this build has no …"
};

struct Tool {
    std::string_view name;
    std::string_view summary;
    std::string_view description;  // what its manual begins with
    std::vector<Command> commands;
    std::vector<MissingCommand> missing;
};

// The options that every command has; --format offers csv where the command has rows.
[[nodiscard]] const std::vector<Option> &common_options(const Command &command);

// Those of a tool as a whole: with csv where any of its commands has rows.
[[nodiscard]] const std::vector<Option> &common_options(const Tool &tool);

// The words to choose from; none where anything can be given.
[[nodiscard]] std::vector<std::string_view> choices(const Option &option);
[[nodiscard]] std::vector<std::string_view> choices(const Operands &operands);

}  // namespace frame
