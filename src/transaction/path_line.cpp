#include <mos/transaction/path_line.hpp>

#include <mos/base/bytes.hpp>
#include <mos/base/path.hpp>

#include <fmt/format.h>

namespace mos::transaction {

using nlohmann::json;

void put_path(json &line, const std::string &key, const std::string &path) {
    if (base::is_clean_text(path))
        line[key] = path;
    else
        line[key + "_base64"] = base::to_base64(base::as_bytes(path));
}

static Result<std::optional<std::string>> bytes_in(const json &line, const std::string &key) {
    if (const auto path = line.find(key); path != line.end() && path->is_string())
        return std::optional{path->get<std::string>()};
    if (const auto path = line.find(key + "_base64"); path != line.end() && path->is_string()) {
        MOS_TRY(const base::Bytes bytes, base::from_base64(path->get_ref<const std::string &>()));
        return std::optional{std::string{base::as_text(bytes)}};
    }
    return std::optional<std::string>{};
}

Result<std::optional<std::string>> path_in(const json &line, const std::string &key) {
    MOS_TRY(std::optional<std::string> path, bytes_in(line, key));
    if (!path)
        return path;
    if (auto checked = base::check_entry_path(*path); !checked)
        return Error{Code::FORMAT, fmt::format("{} leads out of the root", base::in_quotes(*path))}.caused_by(
            std::move(checked).error());
    return path;
}

}  // namespace mos::transaction
