#include <mos/install/verify_installed.hpp>

#include "present.hpp"

#include <mos/base/path.hpp>
#include <mos/state/packages.hpp>
#include <mos/transaction/stage.hpp>

#include <fmt/format.h>

#include <array>

namespace mos::install {

using base::FileStatus;
using base::FileType;
using state::InstalledFile;
using What = Difference::What;

namespace {

constexpr std::array<std::string_view, 8> names = {"missing", "type",  "content",    "link-target",
                                                   "mode",    "owner", "attributes", "unreadable"};

struct Found {
    What what;
    std::string sentence;
};
using Findings = std::vector<Found>;  // all of a path: what hides one of them hides a change

class Verifier {
  public:
    Verifier(transaction::Site &site, const TakeDifference &take) : m_site(site), m_take(take), m_present(site.root) {
        m_progress.phase = base::Phase::verifying;
    }

    [[nodiscard]] Result<void> verify(const state::InstalledPackage &package);

  private:
    [[nodiscard]] Result<void> tell(const state::InstalledPackage &package, const InstalledFile &file);
    [[nodiscard]] Result<Findings> look_at(const InstalledFile &file);
    [[nodiscard]] Result<Findings> compare(const InstalledFile &file, const FileStatus &there);
    void compare_content(const InstalledFile &file, const FileStatus &there, Findings &findings);
    [[nodiscard]] Result<void> compare_attributes(const InstalledFile &file, const FileStatus &there,
                                                  Findings &findings);

    transaction::Site &m_site;
    const TakeDifference &m_take;
    Present m_present;
    base::Progress m_progress;
};

Result<void> Verifier::verify(const state::InstalledPackage &package) {
    MOS_TRY(state::InstalledFileCursor files, state::InstalledFileCursor::open(m_site.database, {package.id}));
    for (;;) {
        MOS_TRY(const auto file, files.next());
        if (!file)
            return {};
        MOS_CHECK(m_site.observer.checkpoint());
        ++m_progress.done_entries;
        m_site.observer.report(m_progress);
        if (file->role != state::FileRole::output)
            MOS_CHECK(tell(package, *file));
    }
}

Result<void> Verifier::tell(const state::InstalledPackage &package, const InstalledFile &file) {
    MOS_TRY(const Findings findings, look_at(file));
    for (const Found &found : findings)
        MOS_CHECK(m_take({.what = found.what,
                          .is_configuration = file.role == state::FileRole::configuration,
                          .package = package.name,
                          .path = file.path,
                          .sentence = fmt::format("{} {}", base::in_quotes(file.path), found.sentence)}));
    return {};
}

Result<Findings> Verifier::look_at(const InstalledFile &file) {
    auto found = m_present.find(file.path);
    if (!found && found.error().code() == Code::SYMLINK_IN_PATH)
        return Findings{{What::type, "lies behind a symbolic link"}};
    if (!found)
        return Findings{{What::unreadable, fmt::format("can't be looked at: {}", found.error().message())}};
    const std::optional<FileStatus> &there = found.value();
    if (!there)
        return Findings{{What::missing, "is missing"}};
    return compare(file, *there);
}

// What is of another type has nothing else in common that could be compared.
Result<Findings> Verifier::compare(const InstalledFile &file, const FileStatus &there) {
    if (there.type != file.type)
        return Findings{{What::type, fmt::format("is a {}, and a {} was installed", base::file_type_name(there.type),
                                                 base::file_type_name(file.type))}};
    Findings findings;
    compare_content(file, there, findings);
    MOS_CHECK(compare_attributes(file, there, findings));
    return findings;
}

Result<void> Verifier::compare_attributes(const InstalledFile &file, const FileStatus &there, Findings &findings) {
    const state::Attributes &was = file.attributes;
    if (there.type != FileType::symlink && there.mode != was.mode)
        findings.push_back(
            {What::mode, fmt::format("has the mode {:04o}, {:04o} was installed", there.mode, was.mode)});
    if (there.owner != was.owner || there.group != was.group)
        findings.push_back({What::owner, fmt::format("belongs to {}:{}, {}:{} was installed", there.owner, there.group,
                                                     was.owner, was.group)});
    const base::SplitPath split = base::split_path(file.path);
    MOS_TRY(base::Directory *const parent, m_present.parent_of(file.path));
    const auto attributes = transaction::read_attributes(*parent, split.name, there);
    if (!attributes)
        findings.push_back(
            {What::unreadable, fmt::format("has attributes that can't be read: {}", attributes.error().message())});
    else if (attributes->extended != was.extended)
        findings.push_back({What::attributes, "has other extended attributes or capabilities than were installed"});
    return {};
}

void Verifier::compare_content(const InstalledFile &file, const FileStatus &there, Findings &findings) {
    if (there.type == FileType::regular && there.size != file.size) {
        findings.push_back({What::content, fmt::format("has {} bytes, {} were installed", there.size, file.size)});
        return;
    }
    const auto same = m_present.has_content(file.path, there, file.type, file.size, file.digest, file.link_target);
    if (!same)
        findings.push_back({What::unreadable, fmt::format("can't be read: {}", same.error().message())});
    else if (!*same && there.type == FileType::symlink)
        findings.push_back(
            {What::link_target, fmt::format("leads elsewhere than to {}", base::in_quotes(file.link_target))});
    else if (!*same && there.type == FileType::regular)
        findings.push_back({What::content, "has another content than was installed"});
}

}  // namespace

std::string difference_name(const Difference &difference) {
    return fmt::format("{}{}", difference.is_configuration ? "configuration-" : "",
                       names[static_cast<std::size_t>(difference.what)]);
}

Result<void> verify_installed(transaction::Site &site, const std::optional<std::string> &name,
                              const TakeDifference &take) {
    state::Packages packages{site.database};
    Verifier verifier{site, take};
    if (!name) {
        MOS_TRY(const std::vector<state::InstalledPackage> all, packages.list());
        if (all.empty())
            site.observer.notice("nothing is installed here, so there is nothing to compare");
        for (const state::InstalledPackage &package : all)
            MOS_CHECK(verifier.verify(package));
        return {};
    }
    MOS_TRY(const auto package, packages.find(*name));
    if (!package)
        return Error{Code::NOT_INSTALLED, fmt::format("{} is not installed", base::in_quotes(*name))}.about(*name);
    return verifier.verify(*package);
}

}  // namespace mos::install
