#include <mos/observe/logging.hpp>

#include <mos/base/bytes.hpp>
#include <mos/base/path.hpp>
#include <mos/config/units.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <initializer_list>

namespace mos::observe {

using base::EventLevel;
using nlohmann::json;

namespace {

// As RFC 5424 numbers them; those that are left out have no name that syslog.h knows.
constexpr std::array<std::string_view, 24> facilities = {"kern",   "user",   "mail",   "daemon", "auth",     "syslog",
                                                         "lpr",    "news",   "uucp",   "cron",   "authpriv", "ftp",
                                                         "ntp",    "audit",  "alert",  "clock",  "local0",   "local1",
                                                         "local2", "local3", "local4", "local5", "local6",   "local7"};

Error wrong(std::string_view key, std::string_view what) {
    return Error{Code::INVALID_ARGUMENT, fmt::format("{}: {}", base::in_quotes(key), what)}.about(std::string{key});
}

// One object of the file, whose keys are all known.
class Section {
  public:
    [[nodiscard]] static Result<Section> open(const json &tree, std::string path,
                                              std::initializer_list<std::string_view> keys) {
        if (!tree.is_object())
            return wrong(path, "must have keys of its own");
        for (auto member = tree.begin(); member != tree.end(); ++member)
            if (keys.size() > 0 && std::ranges::find(keys, member.key()) == keys.end())
                return wrong(path + "." + member.key(),
                             fmt::format("there is no such key; there are {}", fmt::join(keys, ", ")));
        return Section{tree, std::move(path)};
    }

    [[nodiscard]] const json *find(const char *key) const {
        const auto found = m_tree.find(key);
        return found == m_tree.end() ? nullptr : &*found;
    }
    [[nodiscard]] std::string path_of(std::string_view key) const { return fmt::format("{}.{}", m_path, key); }
    [[nodiscard]] const json &tree() const noexcept { return m_tree; }

    // As it stands in the file; `otherwise` where it is missing.
    [[nodiscard]] Result<std::string> text(const char *key, std::string otherwise) const {
        const json *const value = find(key);
        if (value == nullptr)
            return otherwise;
        if (value->is_string())
            return value->get<std::string>();
        if (value->is_number())
            return value->dump();
        return wrong(path_of(key), "must be a text");
    }
    [[nodiscard]] Result<bool> truth(const char *key, bool otherwise) const {
        const json *const value = find(key);
        if (value == nullptr)
            return otherwise;
        if (!value->is_boolean())
            return wrong(path_of(key), "must be true or false");
        return value->get<bool>();
    }
    [[nodiscard]] Result<EventLevel> level(const char *key, EventLevel otherwise) const {
        if (find(key) == nullptr)
            return otherwise;
        MOS_TRY(const std::string name, text(key, {}));
        const auto found = base::level_named(name == "warning" ? "warn" : name);
        if (!found)
            return wrong(path_of(key),
                         fmt::format("{} is no level; there are debug, info, warn and error", base::in_quotes(name)));
        return *found;
    }

  private:
    Section(const json &tree, std::string path) : m_tree(tree), m_path(std::move(path)) {}
    const json &m_tree;
    std::string m_path;
};

Result<std::size_t> read_file_count(const Section &section) {
    MOS_TRY(const std::string text, section.text("max_files", "10"));
    std::size_t count = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), count);
    if (read.ec != std::errc{} || read.ptr != text.data() + text.size() || count < 1 || count > max_log_files)
        return wrong(section.path_of("max_files"), fmt::format("must be a number of files, 1 to {}", max_log_files));
    return count;
}

Result<Rotation> read_rotation(const json &tree, const std::string &path) {
    MOS_TRY(const Section section, Section::open(tree, path, {"max_size", "max_files", "compress"}));
    MOS_TRY(const std::string size, section.text("max_size", "100MB"));
    const auto bytes = config::parse_bytes(size);
    if (!bytes)
        return wrong(section.path_of("max_size"), bytes.error().message());
    if (*bytes < least_log_bytes)
        return wrong(section.path_of("max_size"), fmt::format("must be at least {} bytes", least_log_bytes));
    Rotation rotation{.max_bytes = *bytes};
    MOS_TRY(rotation.max_files, read_file_count(section));
    MOS_TRY(rotation.compress, section.truth("compress", false));
    return rotation;
}

Result<void> read_file_handler(const Section &section, HandlerSettings &handler) {
    MOS_TRY(const std::string path, section.text("path", {}));
    handler.path = base::without_outer_slashes(path);
    if (!base::check_entry_path(handler.path))
        return wrong(section.path_of("path"), "must be the path of a file, without '..'");
    if (const json *const rotation = section.find("rotation"); rotation != nullptr) {
        MOS_TRY(handler.rotation, read_rotation(*rotation, section.path_of("rotation")));
    }
    return {};
}

Result<void> read_facility(const Section &section, HandlerSettings &handler) {
    MOS_TRY(const std::string name, section.text("facility", "user"));
    const auto *const found = std::ranges::find(facilities, name);
    if (found == facilities.end())
        return wrong(section.path_of("facility"),
                     fmt::format("{} is none; there are {}", base::in_quotes(name), fmt::join(facilities, ", ")));
    handler.facility = static_cast<int>(found - facilities.begin());
    return {};
}

Result<HandlerSettings> read_handler(const std::string &name, const json &tree, const std::string &path) {
    MOS_TRY(const Section section,
            Section::open(tree, path, {"type", "enabled", "level", "format", "path", "rotation", "facility"}));
    HandlerSettings handler{.name = name};
    MOS_TRY(handler.enabled, section.truth("enabled", true));
    MOS_TRY(const std::string type, section.text("type", {}));
    MOS_TRY(handler.level, section.level("level", EventLevel::debug));
    if (section.find("format") != nullptr) {
        MOS_TRY(const std::string format, section.text("format", {}));
        auto parsed = LineFormat::parse(format);
        if (!parsed)
            return wrong(section.path_of("format"), parsed.error().message());
        handler.format = std::move(parsed).value();
    }
    if (type != "file" && (section.find("path") != nullptr || section.find("rotation") != nullptr))
        return wrong(path, "only a handler of the type \"file\" has a path and a rotation");
    if (type != "syslog" && section.find("facility") != nullptr)
        return wrong(path, "only a handler of the type \"syslog\" has a facility");
    if (type == "file") {
        handler.type = HandlerType::file;
        MOS_CHECK(read_file_handler(section, handler));
    } else if (type == "console") {
        handler.type = HandlerType::console;
    } else if (type == "syslog") {
        handler.type = HandlerType::syslog;
        MOS_CHECK(read_facility(section, handler));
    } else {
        return wrong(section.path_of("type"), "must be \"file\", \"console\" or \"syslog\"");
    }
    return handler;
}

bool has_handler(const LoggingSettings &settings, std::string_view name) {
    return std::ranges::find(settings.handlers, name, &HandlerSettings::name) != settings.handlers.end();
}

Result<LoggerSettings> read_logger(const std::string &component, const json &tree, const std::string &path,
                                   const LoggingSettings &settings) {
    MOS_TRY(const Section section, Section::open(tree, path, {"level", "handlers"}));
    if (!base::is_event_component(component))
        return wrong(path, "there is no such component; docs/events.md lists them");
    LoggerSettings logger{.component = component, .handlers = {}};
    MOS_TRY(logger.level, section.level("level", settings.root_level));
    const json *const handlers = section.find("handlers");
    if (handlers == nullptr) {
        for (const HandlerSettings &handler : settings.handlers)
            logger.handlers.push_back(handler.name);
        return logger;
    }
    if (!handlers->is_array())
        return wrong(section.path_of("handlers"), "must be a list of handlers");
    for (const json &name : *handlers) {
        if (!name.is_string() || !has_handler(settings, name.get<std::string>()))
            return wrong(section.path_of("handlers"), fmt::format("there is no handler {}", name.dump()));
        logger.handlers.push_back(name.get<std::string>());
    }
    return logger;
}

Result<void> read_handlers(const json &tree, LoggingSettings &settings) {
    MOS_TRY(const Section section, Section::open(tree, "logging.handlers", {}));
    if (tree.size() > max_log_handlers)
        return Error{Code::LIMIT, fmt::format("'logging.handlers' has {} handlers, at most {} are allowed", tree.size(),
                                              max_log_handlers)};
    for (auto member = tree.begin(); member != tree.end(); ++member) {
        MOS_TRY(HandlerSettings handler, read_handler(member.key(), *member, section.path_of(member.key())));
        settings.handlers.push_back(std::move(handler));
    }
    return {};
}

Result<void> read_loggers(const json &tree, LoggingSettings &settings) {
    MOS_TRY(const Section section, Section::open(tree, "logging.loggers", {}));
    for (auto member = tree.begin(); member != tree.end(); ++member) {
        MOS_TRY(LoggerSettings logger, read_logger(member.key(), *member, section.path_of(member.key()), settings));
        settings.loggers.push_back(std::move(logger));
    }
    return {};
}

}  // namespace

Result<LoggingSettings> parse_logging(const json &tree) {
    LoggingSettings settings;
    const auto top = tree.find("logging");
    if (!tree.is_object() || top == tree.end())
        return wrong("logging", "is missing: everything else stands in it");
    for (auto member = tree.begin(); member != tree.end(); ++member)
        if (member.key() != "logging")
            return wrong(member.key(), "there is no such key; there is 'logging'");
    MOS_TRY(const Section section, Section::open(*top, "logging", {"root_level", "handlers", "loggers"}));
    MOS_TRY(settings.root_level, section.level("root_level", EventLevel::info));
    if (const json *const handlers = section.find("handlers"); handlers != nullptr)
        MOS_CHECK(read_handlers(*handlers, settings));
    if (const json *const loggers = section.find("loggers"); loggers != nullptr)
        MOS_CHECK(read_loggers(*loggers, settings));
    return settings;
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
