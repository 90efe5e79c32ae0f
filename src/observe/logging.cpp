#include <mos/observe/logging.hpp>

#include <mos/base/bytes.hpp>
#include <mos/base/path.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace mos::observe {

using base::EventLevel;
using config::Setting;
using config::Settings;

namespace {

// As RFC 5424 numbers them; the table of settings says which of them can be named.
constexpr std::array<std::string_view, 24> facilities = {"kern",   "user",   "mail",   "daemon", "auth",     "syslog",
                                                         "lpr",    "news",   "uucp",   "cron",   "authpriv", "ftp",
                                                         "ntp",    "audit",  "alert",  "clock",  "local0",   "local1",
                                                         "local2", "local3", "local4", "local5", "local6",   "local7"};

Error wrong(std::string path, std::string what) {
    return Error{Code::INVALID_ARGUMENT, std::move(what)}.about(std::move(path));
}

// Where the setting that it is about stands, or else the section that should have it.
config::Problem problem_of(const Settings &settings, const Error &error) {
    config::Problem problem{{}, {}, error.object(), error.message()};
    for (std::string_view path = error.object();; path = path.substr(0, path.rfind('.'))) {
        if (const std::vector<Setting> said = settings.said(path); !said.empty()) {
            problem.file = said.front().origin.file;
            problem.place = said.front().origin.place;
            return problem;
        }
        if (path.find('.') == std::string_view::npos)
            return problem;
    }
}

// The settings of one handler or logger. Each value is one that the table of settings allows.
class Section {
  public:
    Section(const Settings &settings, std::string path) : m_settings(settings), m_path(std::move(path)) {}

    [[nodiscard]] std::string path_of(std::string_view key) const { return fmt::format("{}.{}", m_path, key); }
    [[nodiscard]] const std::string &path() const noexcept { return m_path; }

    // Whether it, or anything below it, was set: what is built in does not count.
    [[nodiscard]] bool says(std::string_view key) const { return !m_settings.said(path_of(key)).empty(); }
    // The built-in value where it was not set; "" and 0 where there is none.
    [[nodiscard]] std::string text(std::string_view key) const {
        const std::vector<std::string> all = words(key);
        return all.empty() ? std::string{} : all.front();
    }
    [[nodiscard]] std::vector<std::string> words(std::string_view key) const {
        const std::optional<Setting> found = m_settings.find(path_of(key));
        return found ? found->value.words : std::vector<std::string>{};
    }
    [[nodiscard]] std::int64_t number(std::string_view key) const {
        const std::optional<Setting> found = m_settings.find(path_of(key));
        return found ? found->value.number.value_or(0) : 0;
    }
    [[nodiscard]] EventLevel level(std::string_view key, EventLevel otherwise) const {
        return says(key) ? base::level_named(text(key)).value_or(otherwise) : otherwise;
    }

  private:
    const Settings &m_settings;
    std::string m_path;
};

Result<void> read_file_handler(const Section &section, HandlerSettings &handler) {
    handler.path = base::without_outer_slashes(section.text("path"));
    if (!base::check_entry_path(handler.path))
        return wrong(section.path_of("path"), "must be the path of a file");
    handler.rotation.max_bytes = static_cast<std::uint64_t>(section.number("rotation.max_size"));
    handler.rotation.max_files = static_cast<std::size_t>(section.number("rotation.max_files"));
    handler.rotation.compress = section.number("rotation.compress") == 1;
    if (handler.rotation.max_bytes < least_log_bytes)
        return wrong(section.path_of("rotation.max_size"), fmt::format("must be at least {} bytes", least_log_bytes));
    return {};
}

Result<HandlerType> read_type(const Section &section) {
    const std::string type = section.text("type");
    if (type.empty())
        return wrong(section.path_of("type"), "must say what the handler is: file, console or syslog");
    if (type != "file" && (section.says("path") || section.says("rotation")))
        return wrong(section.path(), "only a handler of the type file has a path and a rotation");
    if (type != "syslog" && section.says("facility"))
        return wrong(section.path(), "only a handler of the type syslog has a facility");
    return type == "file" ? HandlerType::file : type == "console" ? HandlerType::console : HandlerType::syslog;
}

Result<HandlerSettings> read_handler(const Settings &settings, const std::string &name) {
    const Section section{settings, "logging.handlers." + name};
    HandlerSettings handler{.name = name};
    MOS_TRY(handler.type, read_type(section));
    handler.enabled = section.number("enabled") == 1;
    handler.level = section.level("level", EventLevel::debug);
    if (section.says("format")) {
        auto parsed = LineFormat::parse(section.text("format"));
        if (!parsed)
            return wrong(section.path_of("format"), parsed.error().message());
        handler.format = std::move(parsed).value();
    }
    if (handler.type == HandlerType::file)
        MOS_CHECK(read_file_handler(section, handler));
    if (handler.type == HandlerType::syslog)
        handler.facility =
            static_cast<int>(std::ranges::find(facilities, section.text("facility")) - facilities.begin());
    return handler;
}

// Collects what can be followed, and the problems of what can't.
class Reader {
  public:
    Reader(const Settings &settings, std::vector<config::Problem> &problems)
        : m_settings(settings), m_problems(problems), m_names(settings.names_below("logging.handlers")) {}

    [[nodiscard]] LoggingSettings read() {
        m_logging.root_level = Section{m_settings, "logging"}.level("root_level", EventLevel::info);
        for (const std::string &name : m_names)
            add_handler(name);
        for (const std::string &component : m_settings.names_below("logging.loggers"))
            add_logger(component);
        return std::move(m_logging);
    }

  private:
    void put_problem(const Error &error) { m_problems.push_back(problem_of(m_settings, error)); }

    void add_handler(const std::string &name) {
        if (m_logging.handlers.size() == max_log_handlers)
            return put_problem(wrong("logging.handlers." + name,
                                     fmt::format("is one more than the {} handlers there can be", max_log_handlers)));
        Result<HandlerSettings> handler = read_handler(m_settings, name);
        if (!handler)
            return put_problem(handler.error());
        m_logging.handlers.push_back(std::move(handler).value());
    }

    void add_logger(const std::string &component) {
        const Section section{m_settings, "logging.loggers." + component};
        if (!base::is_event_component(component))
            return put_problem(wrong(section.path(), "there is no such component; docs/events.md lists them"));
        LoggerSettings logger{
            .component = component, .level = section.level("level", m_logging.root_level), .handlers = {}};
        if (section.says("handlers"))
            add_handlers(section, logger);
        else
            logger.handlers = m_names;
        m_logging.loggers.push_back(std::move(logger));
    }

    // One that was declared and left out has a problem already.
    void add_handlers(const Section &section, LoggerSettings &logger) {
        for (const std::string &name : section.words("handlers")) {
            if (std::ranges::find(m_names, name) == m_names.end())
                put_problem(
                    wrong(section.path_of("handlers"), fmt::format("there is no handler {}", base::in_quotes(name))));
            else
                logger.handlers.push_back(name);
        }
    }

    const Settings &m_settings;
    std::vector<config::Problem> &m_problems;
    const std::vector<std::string> m_names;
    LoggingSettings m_logging;
};

}  // namespace

LoggingSettings logging_of(const Settings &settings, std::vector<config::Problem> &problems) {
    return Reader{settings, problems}.read();
}

std::vector<config::Problem> logging_problems(const Settings &settings) {
    std::vector<config::Problem> problems;
    static_cast<void>(logging_of(settings, problems));
    return problems;
}

std::optional<EventLevel> level_for(const LoggingSettings &settings, const HandlerSettings &handler,
                                    std::string_view component) {
    if (!handler.enabled)
        return std::nullopt;
    const auto logger = std::ranges::find(settings.loggers, component, &LoggerSettings::component);
    if (logger == settings.loggers.end())
        return std::max(settings.root_level, handler.level);
    if (std::ranges::find(logger->handlers, handler.name) == logger->handlers.end())
        return std::nullopt;
    return std::max(logger->level, handler.level);
}

}  // namespace mos::observe
