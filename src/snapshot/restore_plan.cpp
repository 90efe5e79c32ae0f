#include <mos/snapshot/restore.hpp>

#include "ours.hpp"

#include <mos/base/path.hpp>
#include <mos/crypto/field_digest.hpp>
#include <mos/transaction/preflight.hpp>
#include <mos/transaction/volumes.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace mos::snapshot {

using base::Directory;
using base::FileStatus;
using base::FileType;
using Action = RestoreItem::Action;
using Finding = RestoreFinding::Kind;
using transaction::Touch;

namespace {

constexpr std::array<std::string_view, 5> action_names = {"create", "replace", "attributes", "remove", "remove_tree"};
constexpr std::array<std::string_view, 4> finding_names = {"edited", "foreign", "lost", "altered"};

// What is at a path now.
struct Present {
    Directory *parent = nullptr;  // nullptr: the folder is not there
    std::optional<FileStatus> there;
    FileStatus home;  // the parent's own
    [[nodiscard]] bool is(FileType type) const { return there && there->type == type; }
    [[nodiscard]] bool is_mount_point() const { return there && transaction::is_mount_point(home, *there); }
};

Error refused(const RestoreFinding &finding) {
    const bool of_point = finding.kind == Finding::lost || finding.kind == Finding::altered;
    Error error = Error{of_point ? Code::POINT_DAMAGED : Code::CONFLICT, finding.sentence}.about(finding.path);
    if (of_point)
        return error;
    return std::move(error).with_remedy("say what becomes of it: --merge-strategy=keep leaves it, past puts it into "
                                        "the new recovery point");
}

// Mode, owner and extended attributes that somebody has set since the last change stay.
state::Attributes merged(const PastPath &past, const state::Attributes &present) {
    state::Attributes wanted = past.entry->attributes;
    if (!past.left_attributes)
        return wanted;
    const state::Attributes &left = *past.left_attributes;
    if (present.mode != left.mode)
        wanted.mode = present.mode;
    if (present.owner != left.owner || present.group != left.group) {
        wanted.owner = present.owner;
        wanted.group = present.group;
    }
    base::ExtendedAttributes comparable = present.extended;
    if (!left.access_lists)
        std::erase_if(comparable, transaction::is_access_list);
    if (comparable != left.extended)
        wanted.extended = present.extended;
    return wanted;
}

// Names that share a file, of those that the source tells.
struct Group {
    std::vector<PastPath> standing;  // as they were
    bool comes_anew = false;         // a name that does not stand is put there
};

class Planner {
  public:
    Planner(transaction::Site &site, RestorationSource &source, const RestoreOptions &options)
        : m_site(site), m_source(source), m_options(options), m_cache(site.root), m_packages(site.database),
          m_preflight(site.root) {}

    [[nodiscard]] Result<RestorePlan> run();

  private:
    [[nodiscard]] bool is_limited() const { return !m_options.packages.empty() || m_options.wanted; }
    [[nodiscard]] Result<bool> is_wanted(const PastPath &past) const;
    [[nodiscard]] Result<void> choose_packages();
    [[nodiscard]] Result<void> keep_groups();
    [[nodiscard]] Result<void> take(const PastPath &past);
    [[nodiscard]] Result<void> take_nothing(const PastPath &past, const Present &present);
    [[nodiscard]] Result<void> take_standing(const PastPath &past, const Present &present);
    [[nodiscard]] Result<void> take_directory(const PastPath &past, const Present &present);
    [[nodiscard]] Result<void> take_file(const PastPath &past, const Present &present);
    [[nodiscard]] Result<bool> is_same(const PastPath &past, const Present &present);
    [[nodiscard]] Result<bool> may_use(const PastPath &past, const Present &present);
    [[nodiscard]] Result<bool> has_folder(const PastPath &past, const Present &present);
    [[nodiscard]] Result<void> empty_folder(const PastPath &past, const Present &present);
    // Of a folder at `path` that was not there: what goes of it; false when something in it stays.
    [[nodiscard]] Result<bool> clear(Directory &directory, const std::string &path, std::vector<RestoreItem> &items);
    [[nodiscard]] Result<bool> may_go(const std::string &path);
    [[nodiscard]] Result<bool> clear_one(Directory &directory, const std::string &path, const FileStatus &status,
                                         std::vector<RestoreItem> &items);
    [[nodiscard]] Result<bool> is_as_left(const PastPath &past, const FileStatus &there);
    [[nodiscard]] Result<bool> gives_way(const PastPath &past, const Present &present);
    [[nodiscard]] Result<RestoreChoice> ask(Finding kind, const std::string &path, std::string_view what);
    [[nodiscard]] Result<void> add(Action action, PastPath past);
    [[nodiscard]] Result<Present> look(std::string_view path);
    [[nodiscard]] std::string digest() const;

    transaction::Site &m_site;
    RestorationSource &m_source;
    const RestoreOptions &m_options;
    base::DirectoryCache m_cache;
    state::Packages m_packages;
    transaction::Preflight m_preflight;
    std::set<std::string, std::less<>> m_paths_of_packages;
    std::vector<PastPath> m_passed;           // folders above the present path that are not wanted themselves
    std::vector<std::string> m_arriving;      // folders above it that will be there
    std::map<std::uint64_t, Group> m_groups;  // of PastEntry::file
    RestorePlan m_plan;
};

Result<Present> Planner::look(std::string_view path) {
    const base::SplitPath split = base::split_path(path);
    Present present;
    MOS_TRY(present.parent, m_cache.find(split.parent));
    if (present.parent == nullptr)
        return present;
    MOS_TRY(present.home, present.parent->own_status());
    MOS_TRY(present.there, present.parent->find(split.name));
    return present;
}

Result<RestoreChoice> Planner::ask(Finding kind, const std::string &path, std::string_view what) {
    RestoreFinding finding{.kind = kind, .path = path, .sentence = fmt::format("{} {}", base::in_quotes(path), what)};
    MOS_TRY(const RestoreChoice choice, m_options.decide(finding));
    if (choice == RestoreChoice::refuse || (choice == RestoreChoice::past && kind == Finding::lost))
        return refused(finding);
    m_plan.findings.push_back(std::move(finding));
    m_plan.choices.push_back(choice);
    return choice;
}

Result<void> Planner::add(Action action, PastPath past) {
    const bool brings = action == Action::create || action == Action::replace;
    const bool leaves = action == Action::remove || action == Action::remove_tree;
    const std::uint64_t bytes = brings && past.entry->type == FileType::regular ? past.entry->size : 0;
    MOS_TRY(const std::string volume,
            m_preflight.plan(past.path, brings ? Touch::arrive : (leaves ? Touch::leave : Touch::attributes), bytes));
    static_cast<void>(volume);
    m_plan.content_bytes += bytes;
    m_plan.created += action == Action::create ? 1U : 0U;
    m_plan.replaced += action == Action::replace ? 1U : 0U;
    m_plan.attributes += action == Action::attributes ? 1U : 0U;
    m_plan.removed += leaves ? 1U : 0U;
    if (brings && past.entry->type == FileType::directory)
        m_arriving.push_back(past.path);
    if (brings && past.entry->file != 0)
        m_groups[past.entry->file].comes_anew = true;
    m_plan.items.push_back({.action = action, .past = std::move(past)});
    return {};
}

Result<bool> Planner::is_wanted(const PastPath &past) const {
    if (!m_options.packages.empty() && !m_paths_of_packages.contains(past.path))
        return false;
    return m_options.wanted ? m_options.wanted(past) : Result<bool>{true};
}

Result<void> Planner::choose_packages() {
    MOS_TRY(std::vector<PackageStep> steps, m_source.packages());
    const auto named = [this](const std::string &name) {
        return m_options.packages.empty() || std::ranges::find(m_options.packages, name) != m_options.packages.end();
    };
    std::erase_if(steps, [&](const PackageStep &step) { return !named(step.name); });
    if (!m_options.packages.empty()) {
        std::vector<std::uint64_t> rows;
        for (const PackageStep &step : steps) {
            for (const auto *side : {&step.now, &step.before}) {
                if (*side)
                    rows.push_back((*side)->id);
            }
        }
        MOS_TRY(auto files, state::InstalledFileCursor::open(m_site.database, rows));
        for (;;) {
            MOS_TRY(auto file, files.next());
            if (!file)
                break;
            m_paths_of_packages.insert(std::move(file->path));
        }
    }
    if (m_options.rows == RestoreOptions::Rows::go_back)
        m_plan.packages = std::move(steps);
    return {};
}

Result<bool> Planner::is_as_left(const PastPath &past, const FileStatus &there) {
    using Kind = LeftBehind::Kind;
    const transaction::Witness &witness = past.left.witness;
    switch (past.left.kind) {
    case Kind::anything:
        return true;
    case Kind::nothing:
        return false;
    case Kind::entry:
        return transaction::witness_of(there) ==
               (there.type == FileType::directory
                    ? transaction::Witness{.inode = witness.inode, .size = 0, .modified = {}}
                    : witness);
    case Kind::written:
        return there.size == witness.size && there.modified == witness.modified;
    case Kind::installed:
        break;
    }
    return is_untouched(m_packages, past.path, there);
}

// Whether what is at the path now may go for what was.
Result<bool> Planner::gives_way(const PastPath &past, const Present &present) {
    if (!present.there)
        return true;
    if (present.is_mount_point()) {
        MOS_TRY(const RestoreChoice choice, ask(Finding::foreign, past.path, "is a mount point"));
        return choice == RestoreChoice::past;
    }
    if (present.is(FileType::directory)) {
        MOS_TRY(const auto directory,
                present.parent->open_directory(base::split_path(past.path).name, base::Symlinks::refuse));
        MOS_TRY(const auto foreign, find_foreign(*directory, past.path, untouched_below(m_packages, *present.there)));
        if (!foreign)
            return true;
        MOS_TRY(const RestoreChoice choice,
                ask(Finding::foreign, *foreign, "is in the way, in a folder that was none"));
        return choice == RestoreChoice::past;
    }
    MOS_TRY(const bool as_left, is_as_left(past, *present.there));
    if (as_left)
        return true;
    const bool appeared =
        past.left.kind == LeftBehind::Kind::nothing || (!past.entry && past.left.kind == LeftBehind::Kind::installed);
    MOS_TRY(const RestoreChoice choice,
            ask(Finding::edited, past.path, appeared ? "was put there since by somebody else" : "was changed since"));
    return choice == RestoreChoice::past;
}

// Of what is not as a package brought it, in a folder that goes away.
Result<bool> Planner::may_go(const std::string &path) {
    MOS_TRY(const auto owners, m_packages.owners(path));
    MOS_TRY(const RestoreChoice choice,
            owners.empty() ? ask(Finding::foreign, path, "is in a folder that goes away")
                           : ask(Finding::edited, path, "was changed since, in a folder that goes away"));
    return choice == RestoreChoice::past;
}

Result<bool> Planner::clear_one(Directory &directory, const std::string &path, const FileStatus &status,
                                std::vector<RestoreItem> &items) {
    const PastPath past{
        .path = path, .entry = std::nullopt, .with_all_below = false, .left = {}, .left_attributes = std::nullopt};
    MOS_TRY(const bool wanted, is_wanted(past));
    bool goes = wanted;
    if (wanted) {
        MOS_TRY(const bool ours, is_untouched(m_packages, path, status));
        if (!ours) {
            MOS_TRY(goes, may_go(path));
        }
    }
    if (status.type != FileType::directory) {
        if (goes)
            items.push_back({.action = Action::remove, .past = past});
        return goes;
    }
    if (wanted && !goes)
        return false;  // with all that is in it
    MOS_TRY(const auto below, directory.open_directory(base::split_path(path).name, base::Symlinks::refuse));
    MOS_TRY(const bool emptied, clear(*below, path, items));
    if (goes && emptied)
        items.push_back({.action = Action::remove, .past = past});
    return goes && emptied;
}

Result<bool> Planner::clear(Directory &directory, const std::string &path, std::vector<RestoreItem> &items) {
    MOS_TRY(const FileStatus home, directory.own_status());
    MOS_TRY(const auto entries, directory.list());
    bool all_gone = true;
    for (const base::DirectoryEntry &entry : entries) {
        MOS_TRY(const auto status, directory.find(entry.name));
        if (!status)
            continue;
        if (transaction::is_mount_point(home, *status)) {
            all_gone = false;
            continue;
        }
        MOS_TRY(const bool gone, clear_one(directory, base::join_path(path, entry.name), *status, items));
        all_gone = all_gone && gone;
    }
    return all_gone;
}

// A folder that was not there goes as a whole, or as far as nothing of somebody else's is in it.
Result<void> Planner::empty_folder(const PastPath &past, const Present &present) {
    const std::string_view name = base::split_path(past.path).name;
    MOS_TRY(const auto directory, present.parent->open_directory(name, base::Symlinks::refuse));
    if (!is_limited()) {
        MOS_TRY(const auto foreign, find_foreign(*directory, past.path, untouched_below(m_packages, *present.there)));
        if (!foreign)
            return add(Action::remove_tree, past);
    }
    std::vector<RestoreItem> items;
    MOS_TRY(const bool emptied, clear(*directory, past.path, items));
    MOS_TRY(const bool wanted, is_wanted(past));
    if (emptied && wanted)
        items.push_back({.action = Action::remove, .past = past});
    std::ranges::sort(items, {}, [](const RestoreItem &item) { return item.past.path; });
    for (RestoreItem &item : items)
        MOS_CHECK(add(item.action, std::move(item.past)));
    return {};
}

Result<void> Planner::take_nothing(const PastPath &past, const Present &present) {
    if (!present.there)
        return {};
    if (present.is(FileType::directory) && !present.is_mount_point()) {
        // What a change brought is taken back with all that belongs to it; of another folder nobody knows whose it is.
        const bool is_known = past.left.kind != LeftBehind::Kind::installed;
        MOS_TRY(const bool ours, is_known ? Result<bool>{true} : is_untouched(m_packages, past.path, *present.there));
        if (!ours) {
            MOS_TRY(const RestoreChoice choice, ask(Finding::foreign, past.path, "was made since by somebody else"));
            return choice == RestoreChoice::past ? add(Action::remove_tree, past) : Result<void>{};
        }
        return past.with_all_below ? empty_folder(past, present) : add(Action::remove, past);
    }
    MOS_TRY(const bool goes, gives_way(past, present));
    return goes ? add(Action::remove, past) : Result<void>{};
}

Result<void> Planner::take_standing(const PastPath &past, const Present &present) {
    if (!present.is(past.entry->type))
        return {};
    const std::string_view name = base::split_path(past.path).name;
    MOS_TRY(const state::Attributes now, transaction::read_attributes(*present.parent, name, *present.there,
                                                                      transaction::lists_of(past.entry->attributes)));
    PastPath wanted = past;
    wanted.entry->attributes = merged(past, now);
    if (present.is(FileType::symlink))
        wanted.entry->attributes.mode = now.mode;
    if (wanted.entry->attributes == now)
        return {};
    return add(Action::attributes, std::move(wanted));
}

Result<void> Planner::take_directory(const PastPath &past, const Present &present) {
    if (present.is(FileType::directory))
        return take_standing(past, present);
    MOS_TRY(const bool goes, gives_way(past, present));
    if (!goes)
        return {};
    return add(present.there ? Action::replace : Action::create, past);
}

Result<void> Planner::take_file(const PastPath &past, const Present &present) {
    MOS_TRY(const bool goes, gives_way(past, present));
    if (!goes)
        return {};
    return add(present.there ? Action::replace : Action::create, past);
}

// Whether what is there now has the content that was there then, as far as that can be told without reading it.
Result<bool> Planner::is_same(const PastPath &past, const Present &present) {
    const PastEntry &entry = *past.entry;
    if (!present.is(entry.type))
        return false;
    if (entry.unchanged && transaction::witness_of(*present.there) == *entry.unchanged)
        return true;
    if (entry.type == FileType::symlink) {
        MOS_TRY(const std::string target, present.parent->read_symlink(base::split_path(past.path).name));
        return target == entry.link_target;
    }
    if (!entry.digest || entry.file != 0 || present.there->links > 1)
        return false;
    MOS_TRY(const auto owners, m_packages.owners(past.path));
    return std::any_of(owners.begin(), owners.end(), [&](const state::Packages::Owner &owner) {
        return owner.file.digest == *entry.digest && owner.file.type == entry.type &&
               owner.file.role != state::FileRole::output && state::stands_as_installed(owner.file, *present.there);
    });
}

// Whether the point has what it should have.
Result<bool> Planner::may_use(const PastPath &past, const Present &present) {
    using Content = PastEntry::Content;
    if (past.entry->content == Content::lost) {
        MOS_TRY(const RestoreChoice choice,
                ask(Finding::lost, past.path, fmt::format("is lost: {} should have kept it", m_source.name())));
        return choice == RestoreChoice::past;
    }
    if (past.entry->content == Content::altered) {
        MOS_TRY(const RestoreChoice choice,
                ask(Finding::altered, past.path,
                    fmt::format("is not what it was: somebody has written to what {} keeps of it", m_source.name())));
        return choice == RestoreChoice::past;
    }
    const FileType type = past.entry->type;
    const bool is_kept = type == FileType::regular || type == FileType::directory || type == FileType::symlink;
    if (is_kept || present.is(type))
        return is_kept;
    MOS_TRY(
        const RestoreChoice choice,
        ask(Finding::lost, past.path, fmt::format("was a {}, which can't be made again", base::file_type_name(type))));
    return choice == RestoreChoice::past;
}

// Whether there is a folder for it, or will be. One that was not wanted for its own sake comes back for what is in it.
Result<bool> Planner::has_folder(const PastPath &past, const Present &present) {
    if (present.parent != nullptr)
        return true;
    const std::string_view parent = base::split_path(past.path).parent;
    const auto arrives = [&](std::string_view path) { return std::ranges::find(m_arriving, path) != m_arriving.end(); };
    for (const PastPath &passed : m_passed) {
        MOS_TRY(const Present folder, look(passed.path));
        const bool has_place = folder.parent != nullptr || arrives(base::split_path(passed.path).parent);
        if (!folder.there && has_place && !arrives(passed.path))
            MOS_CHECK(add(Action::create, passed));
    }
    if (arrives(parent))
        return true;
    MOS_TRY(const RestoreChoice choice, ask(Finding::edited, past.path, "has lost its folder"));
    static_cast<void>(choice);
    return false;
}

Result<void> Planner::take(const PastPath &past) {
    const auto is_over = [&](std::string_view above) { return !base::may_still_cover(above, past.path); };
    std::erase_if(m_passed, [&](const PastPath &passed) { return is_over(passed.path); });
    std::erase_if(m_arriving, is_over);
    MOS_CHECK(m_site.observer.check_cancelled());
    MOS_TRY(const bool wanted, is_wanted(past));
    if (!wanted && past.entry) {
        if (past.entry->type == FileType::directory)
            m_passed.push_back(past);
        return {};
    }
    MOS_TRY(const Present present, look(past.path));
    if (!past.entry) {
        const bool only_below = !wanted && past.with_all_below && present.is(FileType::directory);
        if (only_below)
            return empty_folder(past, present);
        return wanted ? take_nothing(past, present) : Result<void>{};
    }
    if (past.entry->content == PastEntry::Content::stands)
        return take_standing(past, present);
    MOS_TRY(const bool same, is_same(past, present));
    if (same) {
        if (past.entry->file != 0)
            m_groups[past.entry->file].standing.push_back(past);
        return take_standing(past, present);
    }
    MOS_TRY(const bool usable, may_use(past, present));
    if (!usable)
        return {};
    MOS_TRY(const bool placed, has_folder(past, present));
    if (!placed)
        return {};
    return past.entry->type == FileType::directory ? take_directory(past, present) : take_file(past, present);
}

// Of names that share a file one alone can't be made again: it would be another file. So the others are made with it.
Result<void> Planner::keep_groups() {
    std::set<std::string, std::less<>> anew;
    std::vector<PastPath> names;
    for (auto &[file, group] : m_groups) {
        if (!group.comes_anew)
            continue;
        for (PastPath &past : group.standing) {
            anew.insert(past.path);
            names.push_back(std::move(past));
        }
    }
    if (names.empty())
        return {};
    m_plan.attributes -= std::erase_if(m_plan.items, [&](const RestoreItem &item) {
        return item.action == Action::attributes && anew.contains(item.past.path);
    });
    for (PastPath &past : names)
        MOS_CHECK(add(Action::replace, std::move(past)));
    std::ranges::stable_sort(m_plan.items, {}, [](const RestoreItem &item) { return item.past.path; });
    return {};
}

std::string Planner::digest() const {
    crypto::FieldDigest digest;
    digest.text("multiosupdate restoration plan 1");
    digest.text(m_plan.point);
    digest.number(m_plan.items.size());
    for (const RestoreItem &item : m_plan.items) {
        digest.number(static_cast<std::uint64_t>(item.action));
        digest.text(item.past.path);
        digest.number(item.past.entry ? 1 : 0);
        if (!item.past.entry)
            continue;
        const PastEntry &entry = *item.past.entry;
        digest.number(static_cast<std::uint64_t>(entry.type));
        digest.text(state::attributes_to_text(entry.attributes));
        digest.number(entry.size);
        digest.text(entry.link_target);
        digest.number(entry.file);
        digest.text(entry.digest ? base::as_text(*entry.digest) : std::string_view{});
    }
    for (std::size_t i = 0; i < m_plan.findings.size(); ++i) {
        digest.text(m_plan.findings[i].sentence);
        digest.number(static_cast<std::uint64_t>(m_plan.choices[i]));
    }
    for (const PackageStep &step : m_plan.packages) {
        digest.text(step.name);
        digest.number(step.now ? step.now->id : 0);
        digest.number(step.before ? step.before->id : 0);
    }
    return digest.finish();
}

Result<RestorePlan> Planner::run() {
    m_site.observer.report({.phase = base::Phase::planning});
    m_plan.point = m_source.name();
    MOS_CHECK(choose_packages());
    MOS_CHECK(m_preflight.check_root());
    MOS_CHECK(m_source.for_each([this](const PastPath &past) { return take(past); }));
    MOS_CHECK(keep_groups());
    MOS_CHECK(m_preflight.check_space());
    m_plan.digest = digest();
    return std::move(m_plan);
}

}  // namespace

std::string_view action_name(Action action) noexcept { return action_names[static_cast<std::size_t>(action)]; }
std::string_view finding_name(Finding kind) noexcept { return finding_names[static_cast<std::size_t>(kind)]; }

Result<RestoreChoice> careful(const RestoreFinding &finding) {
    const bool of_point = finding.kind == Finding::lost || finding.kind == Finding::altered;
    return of_point ? RestoreChoice::refuse : RestoreChoice::keep;
}

Result<RestorePlan> plan_restore(transaction::Site &site, RestorationSource &source, const RestoreOptions &options) {
    return Planner{site, source, options}.run();
}

}  // namespace mos::snapshot
