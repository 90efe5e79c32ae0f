#include "walk.hpp"

#include "present.hpp"

#include <mos/base/path.hpp>
#include <mos/snapshot/rollback.hpp>
#include <mos/transaction/site.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace mos::install {

using base::FileStatus;
using base::FileType;
using state::InstalledFile;

namespace {

// Where the engine keeps its own things; no package may bring or take them.
bool is_reserved(std::string_view path) {
    constexpr std::string_view database = "var/lib/multios/state.db";
    return path == transaction::stages_name || base::is_below(path, transaction::stages_name) ||
           path.starts_with(database) || path == "var/lib/multios/lock";
}

Error refuse(Code code, std::string_view path, std::string message) {
    return Error{code, std::move(message)}.about(std::string{path});
}

class Walker {
  public:
    Walker(transaction::Site &site, const Steps &steps, const std::vector<StepSummary> &summaries, ChangeSink &sink)
        : m_site(site), m_steps(steps), m_summaries(summaries), m_sink(sink), m_packages(site.database),
          m_present(site.root) {}

    [[nodiscard]] Result<void> run();

  private:
    // Something above the present path that is itself new or replaced: below it nothing is there yet, and what was
    // installed below it goes along. A stack by the same argument as Stage's frames.
    struct Cover {
        std::string path;
        FileType type;
    };

    [[nodiscard]] Result<void> open_streams();
    [[nodiscard]] std::optional<std::string> lowest_path() const;
    [[nodiscard]] Result<void> advance(std::string_view path);
    [[nodiscard]] Result<void> visit(const std::string &path);
    [[nodiscard]] Result<const WantedEntry *> choose_wanted(std::string_view path);
    void leave_covers(std::string_view path);
    [[nodiscard]] bool is_covered(std::string_view path) const;
    [[nodiscard]] bool is_leaving(std::uint64_t package) const;

    [[nodiscard]] Result<void> add_missing_parents(const WantedEntry &wanted);
    [[nodiscard]] Result<void> visit_wanted(const WantedEntry &wanted);
    [[nodiscard]] Result<void> visit_wanted_directory(const WantedEntry &wanted,
                                                      const std::optional<FileStatus> &there);
    [[nodiscard]] Result<void> visit_own(const WantedEntry &wanted, const FileStatus &there);
    [[nodiscard]] Result<void> visit_unowned(const WantedEntry &wanted, const FileStatus &there);
    [[nodiscard]] Result<void> visit_leaving(std::string_view path);
    [[nodiscard]] Result<void> check_owners(const WantedEntry &wanted);
    [[nodiscard]] Result<void> check_no_foreign(const WantedEntry &wanted);
    [[nodiscard]] Result<bool> links_are_intact(const WantedEntry &wanted);
    [[nodiscard]] Result<void> find_broken_links(std::size_t step);
    [[nodiscard]] Result<void> give(ChangeKind kind, const WantedEntry &wanted, std::string_view note = {});
    [[nodiscard]] Result<void> give_removal(ChangeKind kind, std::string_view path, std::string_view note = {});

    transaction::Site &m_site;
    const Steps &m_steps;
    const std::vector<StepSummary> &m_summaries;
    ChangeSink &m_sink;
    state::Packages m_packages;
    Present m_present;

    std::vector<WantedStream> m_streams;
    std::optional<state::InstalledFileCursor> m_old_cursor;
    std::optional<InstalledFile> m_old_next;  // the first row after those of the present path
    std::vector<InstalledFile> m_old;         // rows of the present path
    std::vector<Cover> m_covers;
    std::map<std::size_t, std::set<std::string, std::less<>>> m_broken_links;  // by step: first names
};

Result<void> Walker::open_streams() {
    for (std::size_t step = 0; step < m_steps.installs.size(); ++step) {
        MOS_TRY(WantedStream stream, WantedStream::open(*m_steps.installs[step].package, step));
        m_streams.push_back(std::move(stream));
    }
    std::vector<std::uint64_t> leaving;
    for (const StepSummary &summary : m_summaries) {
        if (summary.old_package != 0)
            leaving.push_back(summary.old_package);
    }
    if (leaving.empty())
        return {};
    MOS_TRY(m_old_cursor, state::InstalledFileCursor::open(m_site.database, leaving));
    MOS_TRY(m_old_next, m_old_cursor->next());
    return {};
}

std::optional<std::string> Walker::lowest_path() const {
    std::optional<std::string_view> lowest;
    for (const WantedStream &stream : m_streams) {
        if (stream.current() != nullptr && (!lowest || stream.current()->path < *lowest))
            lowest = stream.current()->path;
    }
    if (m_old_next && (!lowest || std::string_view{m_old_next->path} < *lowest))
        lowest = m_old_next->path;
    return lowest ? std::optional<std::string>{*lowest} : std::nullopt;
}

Result<void> Walker::run() {
    MOS_CHECK(open_streams());
    for (std::uint64_t count = 0;; ++count) {
        const std::optional<std::string> path = lowest_path();
        if (!path)
            return {};
        if (count % 64 == 0)
            MOS_CHECK(m_site.observer.checkpoint());
        m_old.clear();
        while (m_old_next && m_old_next->path == *path) {
            m_old.push_back(std::move(*m_old_next));
            MOS_TRY(m_old_next, m_old_cursor->next());
        }
        leave_covers(*path);
        MOS_CHECK(visit(*path));
        for (WantedStream &stream : m_streams) {
            if (stream.current() != nullptr && stream.current()->path == *path)
                MOS_CHECK(stream.advance());
        }
    }
}

void Walker::leave_covers(std::string_view path) {
    const auto may_still_cover = [&](const std::string &above) {
        return path.size() > above.size() && path.starts_with(above) && path[above.size()] <= '/';
    };
    while (!m_covers.empty() && !may_still_cover(m_covers.back().path))
        m_covers.pop_back();
}

bool Walker::is_covered(std::string_view path) const {
    return std::any_of(m_covers.begin(), m_covers.end(),
                       [&](const Cover &cover) { return base::is_below(path, cover.path); });
}

bool Walker::is_leaving(std::uint64_t package) const {
    return std::any_of(m_summaries.begin(), m_summaries.end(),
                       [&](const StepSummary &summary) { return summary.old_package == package; });
}

// Several packages may want the same directory; anything else only one.
Result<const WantedEntry *> Walker::choose_wanted(std::string_view path) {
    const WantedEntry *chosen = nullptr;
    for (const WantedStream &stream : m_streams) {
        const WantedEntry *const wanted = stream.current();
        if (wanted == nullptr || wanted->path != path)
            continue;
        if (chosen != nullptr && (chosen->type != FileType::directory || wanted->type != FileType::directory))
            return refuse(Code::CONFLICT, path,
                          fmt::format("{} is in both '{}' and '{}'", base::in_quotes(path),
                                      m_summaries[chosen->step].name, m_summaries[wanted->step].name));
        if (chosen == nullptr)
            chosen = wanted;
    }
    return chosen;
}

Result<void> Walker::visit(const std::string &path) {
    MOS_TRY(const WantedEntry *const wanted, choose_wanted(path));
    if (wanted != nullptr)
        return visit_wanted(*wanted);
    if (is_covered(path))
        return {};
    return visit_leaving(path);
}

Result<void> Walker::give(ChangeKind kind, const WantedEntry &wanted, std::string_view note) {
    return m_sink.take({.kind = kind, .path = wanted.path, .wanted = &wanted, .note = note});
}

Result<void> Walker::give_removal(ChangeKind kind, std::string_view path, std::string_view note) {
    return m_sink.take({.kind = kind, .path = path, .wanted = nullptr, .note = note});
}

// A package may leave out the directories above its entries; they come with ordinary modes.
Result<void> Walker::add_missing_parents(const WantedEntry &wanted) {
    for (std::size_t slash = wanted.path.find('/'); slash != std::string_view::npos;
         slash = wanted.path.find('/', slash + 1)) {
        const std::string_view parent = wanted.path.substr(0, slash);
        if (is_covered(parent) ||
            std::any_of(m_covers.begin(), m_covers.end(), [&](const Cover &cover) { return cover.path == parent; }))
            continue;
        MOS_TRY(const auto there, m_present.find(parent));
        if (there && there->type == FileType::directory)
            continue;
        if (there)
            return refuse(there->type == FileType::symlink ? Code::SYMLINK_IN_PATH : Code::CONFLICT, wanted.path,
                          fmt::format("{} needs a folder {}, and a {} is there", base::in_quotes(wanted.path),
                                      base::in_quotes(parent), base::file_type_name(there->type)));
        WantedEntry implied;
        implied.step = wanted.step;
        implied.path = parent;
        implied.type = FileType::directory;
        implied.attributes = {.mode = 0755,
                              .owner = 0,
                              .group = 0,
                              .modified = {m_steps.installs[wanted.step].package->statement().created_unix_s, 0},
                              .extended = {}};
        MOS_CHECK(give(ChangeKind::add, implied));
        m_covers.push_back({std::string{parent}, FileType::directory});
    }
    return {};
}

Result<void> Walker::visit_wanted(const WantedEntry &wanted) {
    if (is_reserved(wanted.path))
        return refuse(Code::PATH_REFUSED, wanted.path,
                      fmt::format("{} belongs to the update engine itself", base::in_quotes(wanted.path)));
    MOS_CHECK(add_missing_parents(wanted));
    std::optional<FileStatus> there;
    const auto cover = std::find_if(m_covers.rbegin(), m_covers.rend(),
                                    [&](const Cover &above) { return base::is_below(wanted.path, above.path); });
    if (cover == m_covers.rend()) {
        MOS_TRY(there, m_present.find(wanted.path));
    } else if (cover->type != FileType::directory) {
        return refuse(Code::CONFLICT, wanted.path,
                      fmt::format("{} lies below {}, which another package makes a {}", base::in_quotes(wanted.path),
                                  base::in_quotes(cover->path), base::file_type_name(cover->type)));
    }

    if (m_old.empty())
        MOS_CHECK(check_owners(wanted));
    if (wanted.type == FileType::directory)
        return visit_wanted_directory(wanted, there);
    if (!there)
        return give(ChangeKind::add, wanted);
    if (there->type == FileType::directory) {
        MOS_CHECK(check_no_foreign(wanted));
        MOS_CHECK(give(ChangeKind::replace, wanted));
        m_covers.push_back({std::string{wanted.path}, wanted.type});
        return {};
    }
    return m_old.empty() ? visit_unowned(wanted, *there) : visit_own(wanted, *there);
}

// One owner a path; directories may have several.
Result<void> Walker::check_owners(const WantedEntry &wanted) {
    MOS_TRY(const auto owners, m_packages.owners(wanted.path));
    for (const state::Packages::Owner &owner : owners) {
        const bool both_directories = owner.file.type == FileType::directory && wanted.type == FileType::directory;
        if (!both_directories && !is_leaving(owner.file.package))
            return refuse(Code::CONFLICT, wanted.path,
                          fmt::format("{} of '{}' belongs to the installed package '{}'", base::in_quotes(wanted.path),
                                      m_summaries[wanted.step].name, owner.package));
    }
    return {};
}

// A file takes the place of a directory: all that is in it must be ours, and on its way out.
Result<void> Walker::check_no_foreign(const WantedEntry &wanted) {
    const auto is_ours = [&](const std::string &path) -> Result<bool> {
        MOS_TRY(const auto owners, m_packages.owners(path));
        return std::any_of(owners.begin(), owners.end(),
                           [&](const auto &owner) { return is_leaving(owner.file.package); });
    };
    const std::string path{wanted.path};
    MOS_TRY(const auto directory, m_present.open(path));
    MOS_TRY(std::optional<std::string> foreign, snapshot::find_foreign(*directory, path, is_ours));
    if (!foreign && m_old.empty())
        foreign = path;
    if (foreign)
        return refuse(Code::CONFLICT, *foreign,
                      fmt::format("{} is in the way: '{}' wants a {} at {}", base::in_quotes(*foreign),
                                  m_summaries[wanted.step].name, base::file_type_name(wanted.type),
                                  base::in_quotes(path)));
    return {};
}

Result<void> Walker::visit_wanted_directory(const WantedEntry &wanted, const std::optional<FileStatus> &there) {
    if (there && there->type == FileType::directory) {
        if (m_old.empty())
            return give(ChangeKind::unchanged, wanted);  // shared: whoever was first gave it its mode
        const state::Attributes &was = m_old.front().attributes;
        const bool same = there->mode == wanted.attributes.mode && there->owner == wanted.attributes.owner &&
                          there->group == wanted.attributes.group && was.modified == wanted.attributes.modified &&
                          was.extended == wanted.attributes.extended;
        if (same)
            return give(ChangeKind::own_directory, wanted);
        MOS_TRY(const auto owners, m_packages.owners(wanted.path));
        const bool shared = std::any_of(owners.begin(), owners.end(),
                                        [&](const auto &owner) { return !is_leaving(owner.file.package); });
        return give(shared ? ChangeKind::unchanged : ChangeKind::set_attributes, wanted);
    }
    if (!there) {
        MOS_CHECK(give(ChangeKind::add, wanted));
    } else if (!m_old.empty() && m_old.front().type == there->type) {
        MOS_CHECK(give(ChangeKind::replace, wanted));
    } else {
        return refuse(there->type == FileType::symlink ? Code::SYMLINK_IN_PATH : Code::CONFLICT, wanted.path,
                      fmt::format("'{}' wants a folder {}, and a {} is there", m_summaries[wanted.step].name,
                                  base::in_quotes(wanted.path), base::file_type_name(there->type)));
    }
    m_covers.push_back({std::string{wanted.path}, FileType::directory});
    return {};
}

bool same_content(const WantedEntry &wanted, const InstalledFile &installed) {
    if (installed.type != wanted.type)
        return false;
    if (wanted.type == FileType::symlink)
        return installed.link_target == wanted.entry->target;
    return !wanted.link_first.empty() ||  // its first name was compared
           (installed.size == wanted.entry->size && installed.digest == wanted.entry->sha256);
}

// What the package brought before, unless somebody has altered it since.
Result<void> Walker::visit_own(const WantedEntry &wanted, const FileStatus &there) {
    const InstalledFile &installed = m_old.front();
    const bool linked = wanted.first_of_links || !wanted.link_first.empty();
    MOS_TRY(const bool links_intact, linked ? links_are_intact(wanted) : Result<bool>{installed.link_group.empty()});
    const bool same = links_intact && same_content(wanted, installed) && installed.attributes == wanted.attributes;
    MOS_TRY(const bool intact, m_present.is_intact(wanted.path, there, installed));
    if (same && intact)
        return give(ChangeKind::unchanged, wanted);

    const bool reinstall = m_steps.installs[wanted.step].options.reinstall == Reinstall::allowed;
    if (same && !reinstall)
        return give(ChangeKind::keep, wanted, "was altered since it was installed, and is kept");
    if (!intact)
        return give(ChangeKind::replace, wanted,
                    "was altered since it was installed; the altered one goes into the recovery point");
    if (!linked && links_intact && same_content(wanted, installed))
        return give(ChangeKind::set_attributes, wanted);
    return give(ChangeKind::replace, wanted);
}

Result<void> Walker::visit_unowned(const WantedEntry &wanted, const FileStatus &there) {
    const bool linked = wanted.first_of_links || !wanted.link_first.empty();
    if (!linked) {
        MOS_TRY(const bool same, m_present.has_content(wanted.path, there, wanted.type, wanted.entry->size,
                                                       wanted.entry->sha256, wanted.entry->target));
        if (same && there.links == 1)
            return give(ChangeKind::set_attributes, wanted);
    }
    switch (m_steps.installs[wanted.step].options.on_conflict) {
    case ConflictRule::keep:
        if (wanted.first_of_links)
            break;  // the other names of the file need it
        return give(ChangeKind::leave_out, wanted, "belongs to nobody, and is kept");
    case ConflictRule::ask:
        return give(ChangeKind::ask, wanted, "belongs to nobody");
    case ConflictRule::replace:
        return give(ChangeKind::replace, wanted, "belonged to nobody; it goes into the recovery point");
    case ConflictRule::refuse:
        break;
    }
    return refuse(Code::CONFLICT, wanted.path,
                  fmt::format("{} is in the way of '{}' and belongs to no package", base::in_quotes(wanted.path),
                              m_summaries[wanted.step].name));
}

// A group of hard links is staged as a whole or not at all: whether it must be is known only when all of its names have
// been seen, so the index is read once more when the first group comes.
Result<bool> Walker::links_are_intact(const WantedEntry &wanted) {
    if (!m_broken_links.contains(wanted.step))
        MOS_CHECK(find_broken_links(wanted.step));
    const std::string_view first = wanted.first_of_links ? wanted.path : wanted.link_first;
    return !m_broken_links[wanted.step].contains(first);
}

Result<void> Walker::find_broken_links(std::size_t step) {
    auto &broken = m_broken_links[step];
    const std::uint64_t old_package = m_summaries[step].old_package;
    std::map<std::string, std::uint64_t, std::less<>> inodes;  // of first names
    Present present{m_site.root};
    MOS_TRY(WantedStream stream, WantedStream::open(*m_steps.installs[step].package, step));
    for (; stream.current() != nullptr;) {
        const WantedEntry &wanted = *stream.current();
        if (wanted.first_of_links || !wanted.link_first.empty()) {
            const std::string first{wanted.first_of_links ? wanted.path : wanted.link_first};
            MOS_TRY(const auto row, m_packages.find_file(old_package, wanted.path));
            MOS_TRY(const auto there, present.find(wanted.path));
            bool sound = row && there && row->link_group == first;
            if (sound && wanted.first_of_links) {
                MOS_TRY(const bool intact, present.is_intact(wanted.path, *there, *row));
                sound = intact && same_content(wanted, *row) && row->attributes == wanted.attributes &&
                        there->links == wanted.entry->links;
                inodes[first] = there->inode;
            } else if (sound) {
                sound = there->inode == inodes[first];
            }
            if (!sound)
                broken.insert(first);
        }
        MOS_CHECK(stream.advance());
    }
    return {};
}

Result<void> Walker::visit_leaving(std::string_view path) {
    MOS_TRY(const auto there, m_present.find(path));
    if (!there)
        return {};
    const InstalledFile &installed = m_old.front();
    if (there->type != installed.type)
        return give_removal(ChangeKind::keep, path,
                            "was replaced by something else since it was installed, and is kept");
    if (installed.type == FileType::directory) {
        MOS_TRY(const auto owners, m_packages.owners(path));
        const bool shared = std::any_of(owners.begin(), owners.end(),
                                        [&](const auto &owner) { return !is_leaving(owner.file.package); });
        return shared ? Result<void>{} : give_removal(ChangeKind::remove, path);
    }
    MOS_TRY(const bool intact, m_present.is_intact(path, *there, installed));
    if (!intact) {
        MOS_TRY(const bool same, m_present.has_content(path, *there, installed.type, installed.size, installed.digest,
                                                       installed.link_target));
        if (!same)
            return give_removal(ChangeKind::keep, path, "was altered since it was installed, and is kept");
    }
    return give_removal(ChangeKind::remove, path);
}

}  // namespace

Result<void> walk(transaction::Site &site, const Steps &steps, const std::vector<StepSummary> &summaries,
                  ChangeSink &sink) {
    return Walker{site, steps, summaries, sink}.run();
}

}  // namespace mos::install
