#include "brought.hpp"

#include "implied_folders.hpp"

#include <mos/base/path.hpp>
#include <mos/config/template.hpp>
#include <mos/config/values.hpp>
#include <mos/install/health.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace mos::install {

using package::Entry;
using package::EntryType;
using package::ScriptKind;
using package::Section;
using state::FileRole;

namespace {

constexpr std::array<std::string_view, 3> unit_folders = {"etc/systemd/system/", "lib/systemd/system/",
                                                          "usr/lib/systemd/system/"};
Result<std::string> read_text(package::Package &package, const Entry &entry, std::uint64_t limit) {
    if (entry.size > limit)
        return Error{Code::LIMIT, fmt::format("{} has {} bytes, at most {} are allowed", base::in_quotes(entry.path),
                                              entry.size, limit)}
            .about(entry.path);
    std::string text;
    MOS_CHECK(package.read_content(entry, [&](base::ByteView bytes) -> Result<void> {
        text += base::as_text(bytes);
        return {};
    }));
    return text;
}

// An extra with the attributes of `entry` and other content.
Extra make_extra(std::string path, FileRole role, const Entry &entry, std::string content) {
    Extra extra{.path = std::move(path), .role = role, .entry = entry, .content = std::move(content)};
    extra.entry.path = extra.path;
    extra.entry.size = extra.content.size();
    extra.entry.sha256 = crypto::sha256(base::as_bytes(extra.content));
    extra.entry.links = 1;
    extra.entry.copies = 0;
    extra.entry.copy_of.clear();
    return extra;
}

class Finder {
  public:
    Finder(package::Package &package, const InstallOptions &options, Brought &brought)
        : m_package(package), m_options(options), m_brought(brought) {}

    [[nodiscard]] Result<void> run(const nlohmann::json &values);

  private:
    [[nodiscard]] Result<void> accept(const Entry &entry, const nlohmann::json &values);
    [[nodiscard]] Result<void> accept_script(const Entry &entry);
    [[nodiscard]] Result<std::string> fill(std::string_view text, const nlohmann::json &values,
                                           std::string_view path) const;
    [[nodiscard]] Result<void> accept_template(const Entry &entry, const nlohmann::json &values);
    void accept_unit(const Entry &entry);
    void note_health_check(std::string_view path);
    void add_outputs();
    [[nodiscard]] Result<void> check_count() const;

    package::Package &m_package;
    const InstallOptions &m_options;
    Brought &m_brought;
    std::uint64_t m_template_bytes = 0;
};

Result<void> Finder::accept_script(const Entry &entry) {
    MOS_TRY(const ScriptKind kind, package::script_kind(entry));
    const auto same = std::ranges::find(m_brought.scripts, kind, &PackageScript::kind);
    if (same != m_brought.scripts.end())
        return Error{Code::FORMAT, fmt::format("the package has two scripts '{}'", package::script_name(kind))}.about(
            entry.path);
    MOS_TRY(std::string content, read_text(m_package, entry, max_script_bytes));
    // Those that are called when the package itself is not at hand any more.
    if (kind == ScriptKind::pre_remove || kind == ScriptKind::post_remove) {
        Entry kept = entry;
        kept.mode = script_mode;
        kept.owner = kept.group = 0;
        m_brought.extras.push_back(
            make_extra(fmt::format("{}/{}/scripts/{}", kept_scripts_path, m_brought.manifest.package_info.name,
                                   package::script_name(kind)),
                       FileRole::script, kept, content));
    }
    m_brought.scripts.push_back({kind, std::move(content)});
    return {};
}

// What is wrong with the values is wrong with the file that they were given in, not with the package.
Result<std::string> Finder::fill(std::string_view text, const nlohmann::json &values, std::string_view path) const {
    Result<std::string> made = config::render(text, values, path);
    const bool is_about_values =
        !made && (made.error().code() == Code::INVALID_ARGUMENT || made.error().code() == Code::TEMPLATE_VALUE_MISSING);
    if (!is_about_values || m_options.values_name.empty())
        return made;
    return base::in_context(std::move(made).error(),
                            fmt::format("the values of {} do not fit", base::in_quotes(m_options.values_name)));
}

Result<void> Finder::accept_template(const Entry &entry, const nlohmann::json &values) {
    if (entry.type != EntryType::regular)
        return Error{Code::FORMAT, fmt::format("{} is no regular file, so no template", base::in_quotes(entry.path))}
            .about(entry.path);
    const std::string_view path = std::string_view{entry.path}.substr(package::section_prefix(Section::configs).size());
    note_health_check(path);
    MOS_TRY(const std::string text, read_text(m_package, entry, package::max_template_bytes));
    MOS_TRY(std::string made, fill(text, values, path));
    m_template_bytes += made.size();
    if (m_template_bytes > max_template_total_bytes)
        return Error{Code::LIMIT,
                     fmt::format("the package's templates make more than {} bytes", max_template_total_bytes)}
            .about(entry.path);
    m_brought.extras.push_back(
        make_extra(base::join_path(m_brought.prefix, path), FileRole::configuration, entry, std::move(made)));
    return {};
}

void Finder::accept_unit(const Entry &entry) {
    if (const auto unit = unit_of_path(*package::installed_path(entry)))
        m_brought.units.emplace_back(*unit);
}

// One below a folder of the package's own is none.
void Finder::note_health_check(std::string_view path) {
    if (m_brought.prefix.empty() && is_health_check_path(path))
        m_brought.has_health_check = true;
}

Result<void> Finder::accept(const Entry &entry, const nlohmann::json &values) {
    const auto section = package::section_of(entry.path);
    if (!section || entry.type == EntryType::directory)
        return {};
    switch (*section) {
    case Section::scripts:
        return accept_script(entry);
    case Section::configs:
        return accept_template(entry, values);
    case Section::files:
        note_health_check(*package::installed_path(entry));
        if (m_brought.manifest.package_info.type == "service" && m_brought.manifest.service.units.empty())
            accept_unit(entry);
        return {};
    default:
        return {};  // bundled packages are steps of their own, and patches are applied while files are staged
    }
}

Result<void> Finder::check_count() const {
    if (m_brought.extras.size() <= max_extras && m_brought.units.size() <= max_units)
        return {};
    return Error{Code::LIMIT,
                 fmt::format("the package has more than {} templates and outputs, or {} units", max_extras, max_units)}
        .about(m_brought.manifest.package_info.name);
}

void Finder::add_outputs() {
    if (m_brought.scripts.empty())
        return;
    for (const std::string &path : m_brought.manifest.scripts.outputs) {
        Extra &output = m_brought.extras.emplace_back();
        output.path = path;
        output.role = FileRole::output;
    }
}

Result<void> Finder::run(const nlohmann::json &values) {
    MOS_TRY(package::EntryCursor cursor, m_package.entries());
    for (;;) {
        MOS_TRY(const auto entry, cursor.next());
        if (!entry)
            break;
        MOS_CHECK(accept(*entry, values));
        MOS_CHECK(check_count());
    }
    add_outputs();
    std::ranges::sort(m_brought.extras, {}, &Extra::path);
    std::ranges::sort(m_brought.scripts, {}, &PackageScript::kind);
    if (!m_brought.manifest.service.units.empty())
        m_brought.units = m_brought.manifest.service.units;
    std::ranges::sort(m_brought.units);
    return check_count();
}

Result<std::string> find_prefix(const InstallOptions &options, const package::Manifest &manifest,
                                const std::optional<state::InstalledPackage> &installed) {
    if (!options.prefix)
        return installed ? installed->prefix : std::string{};
    std::string prefix{base::without_outer_slashes(*options.prefix)};
    if (prefix.empty())
        return prefix;
    MOS_CHECK(base::check_entry_path(prefix));
    if (!manifest.installation.relocatable)
        return Error{Code::INVALID_ARGUMENT,
                     fmt::format("'{}' can't be put into another folder: its manifest does not say 'relocatable'; "
                                 "another root is --root",
                                 manifest.package_info.name)}
            .about(manifest.package_info.name);
    return prefix;
}

// What was given now, over what was given when the package was installed before.
Result<base::JsonTree> find_values(const InstallOptions &options, const package::Manifest &manifest,
                                   const std::optional<state::InstalledPackage> &installed) {
    base::JsonTree values = base::json_object();
    for (const std::string *const text :
         {installed ? &installed->template_values : nullptr, options.values ? &*options.values : nullptr}) {
        if (text == nullptr || text->empty())
            continue;
        MOS_TRY(const base::JsonTree given, config::read_values(*text, config::Format::json, "values"));
        values->merge_patch(*given);
    }
    nlohmann::json &package = base::object_in(*values, "package");
    package["name"] = manifest.package_info.name;
    package["version"] = manifest.package_info.version;
    return values;
}

}  // namespace

std::optional<std::string_view> unit_of_path(std::string_view path) noexcept {
    for (const std::string_view folder : unit_folders) {
        if (!path.starts_with(folder))
            continue;
        const std::string_view name = path.substr(folder.size());
        if (name.ends_with(".service") && name.find_first_of("/@") == std::string_view::npos)
            return name;
    }
    return std::nullopt;
}

Result<Brought> find_brought(package::Package &package, const InstallOptions &options,
                             const std::optional<state::InstalledPackage> &installed) {
    Brought brought;
    MOS_TRY(brought.manifest, package.manifest());
    MOS_TRY(brought.prefix, find_prefix(options, brought.manifest, installed));
    MOS_TRY(const base::JsonTree values, find_values(options, brought.manifest, installed));
    MOS_CHECK(Finder(package, options, brought).run(*values));
    const bool has_templates =
        std::ranges::any_of(brought.extras, [](const Extra &extra) { return extra.role == FileRole::configuration; });
    if (has_templates)
        brought.template_values = values->dump();
    if (brought.template_values.size() > config::max_values_bytes)
        return Error{Code::LIMIT, fmt::format("the values given now and before have {} bytes together, at most {} are "
                                              "allowed",
                                              brought.template_values.size(), config::max_values_bytes)};
    MOS_TRY(brought.implied_folders, find_implied_folders(package, brought));
    return brought;
}

}  // namespace mos::install
