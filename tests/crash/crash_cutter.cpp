#include "crash_cutter.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <sys/stat.h>

namespace mos::test {

namespace {

constexpr std::size_t violations_kept = 5;
constexpr std::uint64_t double_cut_variants = 3;

}  // namespace

void CrashTally::add(const CrashTally &other) {
    writes += other.writes;
    flushes += other.flushes;
    states += other.states;
    distinct += other.distinct;
    examined += other.examined;
    again += other.again;
    went_on += other.went_on;
    violation_count += other.violation_count;
    violations.insert(violations.end(), other.violations.begin(), other.violations.end());
}

CrashTally CrashCutter::run() {
    Result<void> done = set_up();
    if (done)
        done = cut();
    if (!done)
        report({.state = 0, .cut = "the run itself"}, done.error());
    return std::move(m_tally);
}

Result<void> CrashCutter::set_up() {
    for (const char *const name : {"/recorder", "/mount"}) {
        if (::mkdir((m_folder + name).c_str(), 0700) != 0)
            return base::system_error(errno, "make", m_folder + name);
    }
    MOS_TRY(m_recorded, RecordedDevice::start(m_filesystem.bytes, parts(), m_folder + "/recorder"));
    MOS_TRY(ImageFile checked, ImageFile::create(disk_bytes()));
    m_checked.emplace(std::move(checked));
    for (std::size_t part = 0; part < parts(); ++part) {
        MOS_TRY(LoopDevice device,
                LoopDevice::create(m_checked->descriptor(), part * m_filesystem.bytes, m_filesystem.bytes));
        m_checked_devices.push_back(std::move(device));
    }
    return {};
}

// An empty filesystem in each part.
Result<DiskImage> CrashCutter::blank_disk() const {
    DiskImage disk{disk_bytes()};
    for (std::size_t part = 0; part < parts(); ++part) {
        MOS_TRY(const ImageFile blank, ImageFile::create(m_filesystem.bytes));
        MOS_CHECK(make_filesystem(m_filesystem, blank.path()));
        MOS_TRY(const DiskImage image, blank.content());
        for (std::uint64_t i = 0; i < image.block_count(); ++i) {
            if (const Block *const block = image.block(i); block != nullptr)
                disk.write(part * m_filesystem.bytes + i * block_bytes, *block);
        }
    }
    return disk;
}

Result<std::unique_ptr<MountedDisk>> CrashCutter::mount_recorded(int mark) {
    return MountedDisk::mount(m_filesystem, m_recorded->devices(), m_workload.volumes, m_folder + "/mount", mark);
}

// The filesystem as prepare() leaves it, cleanly unmounted.
Result<DiskImage> CrashCutter::prepared_disk() {
    MOS_TRY(const DiskImage image, blank_disk());
    MOS_CHECK(m_recorded->begin(image));
    MOS_TRY(const auto disk, mount_recorded());
    MOS_CHECK(disk->furnish());
    MOS_CHECK(m_workload.prepare_on(*disk));
    MOS_TRY(m_bystanders, disk->bystanders());
    MOS_CHECK(disk->unmount());
    return m_recorded->disk().content();
}

Result<CrashCutter::Recorded> CrashCutter::record_workload() {
    MOS_TRY(DiskImage base, prepared_disk());
    MOS_CHECK(m_recorded->begin(base));
    MOS_TRY(const auto disk, mount_recorded(m_recorded->mark()));
    {
        Session session{m_workload, *disk};
        if (auto ran = m_workload.run(session); !ran)
            return in_context(std::move(ran).error(), "the workload failed although nothing was cut");
    }
    MOS_CHECK(check_bystanders(*disk));
    MOS_CHECK(disk->check_marks());
    MOS_CHECK(disk->unmount());
    return recorded_since(std::move(base), only(0));
}

// What came since the disk was `base`.
Result<CrashCutter::Recorded> CrashCutter::recorded_since(DiskImage base, Allowed allowed) {
    MOS_TRY(base::Bytes log, m_recorded->log());
    MOS_TRY(std::vector<Record> records, read_disk_log(log, disk_bytes()));
    std::vector<std::uint64_t> whole_blocks;
    for (std::size_t part = 0; part < parts(); ++part) {
        for (const std::uint64_t block : m_filesystem.whole_blocks)
            whole_blocks.push_back(part * m_filesystem.bytes + block);
    }
    return Recorded{std::move(log),
                    {std::move(base), allowed, std::move(records), std::move(whole_blocks), m_filesystem.tear_bytes}};
}

// The log begins with the replay of the filesystem's own journal.
Result<CrashCutter::Recorded> CrashCutter::record_recovery(const DiskImage &image, Allowed allowed) {
    MOS_CHECK(m_recorded->begin(image));
    MOS_TRY(const auto disk, mount_recorded());
    {
        MOS_TRY(auto root, disk->root());
        MOS_TRY(const auto machine, Machine::start(std::move(root)));
        MOS_TRY(const auto recovered, transaction::recover(machine->site()));
        static_cast<void>(recovered);
    }
    MOS_CHECK(disk->unmount());
    return recorded_since(image, allowed);
}

Result<void> CrashCutter::cut() {
    MOS_TRY(const Recorded recorded, record_workload());
    const Recording &recording = recorded.recording;
    m_tally.writes = recording.writes();
    m_tally.flushes = recording.flushes();
    MOS_TRY(Choice choice, choose_states(recording, m_options.variants, m_options.seed, m_options.states));
    m_tally.states = choice.states;
    m_tally.distinct = choice.distinct;
    if (m_options.only_state)
        choice.chosen = {*m_options.only_state};
    auto next = choice.chosen.begin();
    return for_each_state(recording, m_options.variants, m_options.seed, [&](const CutState &state) -> Result<void> {
        if (next == choice.chosen.end() || *next != state.number)
            return {};
        ++next;
        return examine(state);
    });
}

bool CrashCutter::chosen(std::uint64_t number, std::uint64_t every, std::uint64_t salt) const {
    return every != 0 && (m_options.only_state || mix(m_options.seed + salt, number) % every == 0);
}

Result<void> CrashCutter::examine(const CutState &state) {
    ++m_tally.examined;
    const Place place{state.number, state.description()};
    const bool go_on = chosen(state.number, m_options.go_on_every, 1);
    m_tally.went_on += go_on ? 1 : 0;
    const auto standing = examine_image(state.image, state.allowed, go_on);
    if (!standing) {
        report(place, standing.error());
        return {};
    }
    if (!chosen(state.number, m_options.double_cut_every, 2))
        return {};
    if (auto again = cut_again(state, *standing); !again)
        report({state.number, place.cut + "; recovered once more"}, again.error());
    return {};
}

Result<std::size_t> CrashCutter::examine_image(const DiskImage &image, Allowed allowed, bool go_on) {
    MOS_CHECK(m_checked->load(image));
    for (const LoopDevice &device : m_checked_devices)
        MOS_CHECK(device.forget_cache());
    MOS_TRY(const auto disk,
            MountedDisk::mount(m_filesystem, m_checked_devices, m_workload.volumes, m_folder + "/mount"));
    auto standing = examine_mounted(*disk, allowed, go_on);
    MOS_CHECK(disk->unmount());
    return standing;
}

Result<std::size_t> CrashCutter::examine_mounted(MountedDisk &disk, Allowed allowed, bool go_on) {
    MOS_TRY(const std::size_t standing, m_examiner.recover(disk, allowed));
    if (go_on)
        MOS_CHECK(m_examiner.go_on(disk, standing));
    MOS_CHECK(check_bystanders(disk));
    return standing;
}

Result<void> CrashCutter::check_bystanders(MountedDisk &disk) {
    MOS_TRY(TreeImage now, disk.bystanders());
    // The top folder's times change with what others do there, and are nobody's promise.
    if (const std::string wrong = difference(m_bystanders, now); !wrong.empty())
        return Error{Code::INTERNAL, "outside the root, " + wrong.substr(0, wrong.find('\n'))};
    return {};
}

// What stood after the first recovery must stand after every cut of it: all that it starts from is on the disk.
Result<void> CrashCutter::cut_again(const CutState &first, std::size_t standing) {
    MOS_TRY(const Recorded recorded, record_recovery(first.image, only(standing)));
    const std::uint64_t seed = mix(m_options.seed, first.number);
    MOS_TRY(const Choice choice,
            choose_states(recorded.recording, double_cut_variants, seed, m_options.double_cut_states));
    auto next = choice.chosen.begin();
    return for_each_state(recorded.recording, double_cut_variants, seed, [&](const CutState &second) -> Result<void> {
        if (next == choice.chosen.end() || *next != second.number)
            return {};
        ++next;
        ++m_tally.again;
        const auto stands = examine_image(second.image, second.allowed, false);
        if (!stands)
            report({first.number, first.description() + "; its recovery: " + second.description()}, stands.error());
        return {};
    });
}

void CrashCutter::report(const Place &place, const Error &error) {
    ++m_tally.violation_count;
    if (m_tally.violations.size() < violations_kept)
        m_tally.violations.push_back({place.state, place.cut, error.full_message()});
}

}  // namespace mos::test
