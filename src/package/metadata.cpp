#include <mos/package/metadata.hpp>

#include <mos/base/timestamp.hpp>
#include <mos/package/index_line.hpp>
#include <mos/package/manifest.hpp>

#include <fmt/format.h>

namespace mos::package {

std::string write_version_json(const Statement &statement) {
    // What the package is; a delta package is that of the full one. Every value has passed version.hpp's grammar, so
    // none needs an escape.
    return fmt::format("{{\n\"format\": {},\n\"kind\": \"{}\",\n\"name\": \"{}\",\n\"version\": \"{}\",\n"
                       "\"release\": \"{}\",\n\"architecture\": \"{}\",\n\"type\": \"{}\",\n\"created\": \"{}\"\n}}\n",
                       statement.version_of_format, kind_name(PackageKind::full), statement.name, statement.version,
                       statement.release, statement.architecture, statement.type,
                       base::write_timestamp(statement.created_unix_s));
}

std::string ChecksumsText::begin() { return "{\n\"algorithm\": \"SHA-256\",\n\"files\": ["; }

std::string ChecksumsText::line(const Entry &entry) {
    if (entry.type != EntryType::regular || entry.path == checksums_path || !is_content(entry))
        return {};
    const std::string_view separator = m_first ? "\n" : ",\n";
    m_first = false;
    return fmt::format("{}{{\"sha256\":\"{}\",{}}}", separator, base::to_hex(entry.sha256),
                       write_bytes_member("path", entry.path));
}

std::string ChecksumsText::end() { return "\n]\n}\n"; }

}  // namespace mos::package
