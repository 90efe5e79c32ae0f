#include <mos/transaction/stages.hpp>

#include <mos/base/path.hpp>
#include <mos/transaction/volumes.hpp>

#include <fmt/format.h>

namespace mos::transaction {

using base::Directory;
using base::Symlinks;

namespace {

Error missing(const std::string &top, std::uint64_t id) {
    if (top.empty())
        return Error{Code::NOT_FOUND, fmt::format("stage {} is missing in '{}'", id, stages_name)};
    return Error{
        Code::NOT_FOUND,
        fmt::format(
            "{} does not hold its part of stage {}: mount {} and run 'multios-update recover' or the command again",
            base::in_quotes(top), id, base::in_quotes(top))}
        .about(top);
}

}  // namespace

Result<Stages> Stages::open(Site &site, const state::Transaction &transaction) {
    Stages stages{site.root, transaction.stage};
    MOS_TRY(const std::vector<std::string> tops, state::Transactions{site.database}.volumes(transaction.stage));
    for (const std::string &top : tops) {
        MOS_TRY(const Directory *const part, stages.on(top));
        static_cast<void>(part);
    }
    return stages;
}

Result<Directory *> Stages::find(const std::string &top) {
    if (const auto known = m_parts.find(top); known != m_parts.end())
        return known->second.get();
    const std::string path = fmt::format("{}{}{}/{}", top, top.empty() ? "" : "/", stages_name, number_name(m_id));
    auto opened = m_root.open_directory(path, Symlinks::refuse);
    std::unique_ptr<Directory> part;
    if (opened)
        part = std::move(opened).value();
    else if (!base::is_gone(opened.error()))
        return std::move(opened).error();
    return m_parts.emplace(top, std::move(part)).first->second.get();
}

Result<Directory *> Stages::on(const std::string &top) {
    MOS_TRY(Directory *const part, find(top));
    if (part == nullptr)
        return missing(top, m_id);
    return part;
}

Result<SyncPoints> SyncPoints::open(Site &site, const state::Transaction &transaction) {
    SyncPoints points;
    MOS_TRY(const std::vector<std::string> tops, state::Transactions{site.database}.volumes(transaction.stage));
    for (const std::string &top : tops) {
        auto opened = site.root.open_directory(top, Symlinks::refuse);
        if (!opened && base::is_gone(opened.error()))
            return missing(top, transaction.stage).caused_by(std::move(opened).error());
        MOS_TRY(const auto directory, std::move(opened));
        MOS_CHECK(points.add(*directory));
    }
    return points;
}

Result<void> SyncPoints::add(Directory &directory) {
    MOS_TRY(const base::FileStatus status, directory.own_status());
    if (m_points.contains(status.device))
        return {};
    MOS_TRY(auto point, directory.open_sync_point());
    m_points.emplace(status.device, std::move(point));
    return {};
}

Result<void> SyncPoints::flush() {
    for (const auto &[device, point] : m_points)
        MOS_CHECK(point->flush());
    return {};
}

}  // namespace mos::transaction
