// Cuts the power of one workload on one filesystem: records what it sends to the disk, rebuilds what a cut can leave,
// mounts that, recovers and compares.
#pragma once

#include "cut_states.hpp"
#include "examiner.hpp"
#include "mounted_disk.hpp"
#include "recorded_device.hpp"

#include <optional>
#include <string>
#include <vector>

namespace mos::test {

struct CrashOptions {
    std::uint64_t seed = 1;
    std::uint64_t states = 120;               // distinct ones to examine, at most
    std::uint64_t variants = 40;              // built at each record
    std::uint64_t double_cut_every = 30;      // one examined state in so many is cut again while it recovers
    std::uint64_t double_cut_states = 12;     // of each of those, at most
    std::uint64_t go_on_every = 6;            // one in so many is used for an update and rollbacks afterwards
    std::optional<std::uint64_t> only_state;  // this one alone
};

struct CrashViolation {
    std::uint64_t state = 0;
    std::string cut;  // where it came, and what arrived
    std::string difference;
};

struct CrashTally {
    std::uint64_t writes = 0;
    std::uint64_t flushes = 0;
    std::uint64_t states = 0;    // that were built
    std::uint64_t distinct = 0;  // of these, different
    std::uint64_t examined = 0;
    std::uint64_t again = 0;  // examined states of a second cut, during recovery
    std::uint64_t went_on = 0;
    std::uint64_t violation_count = 0;
    std::vector<CrashViolation> violations;  // the first ones

    void add(const CrashTally &other);
};

class CrashCutter {
  public:
    // Works in `folder`, which is there and private to it.
    CrashCutter(const Workload &workload, const Filesystem &filesystem, const CrashOptions &options, std::string folder)
        : m_workload(workload), m_filesystem(filesystem), m_options(options), m_folder(std::move(folder)),
          m_examiner(workload) {}

    // What could not be done at all is a violation too.
    [[nodiscard]] CrashTally run();

  private:
    struct Recorded {
        base::Bytes log;
        Recording recording;
    };
    struct Place {
        std::uint64_t state = 0;
        std::string cut;
    };
    [[nodiscard]] Result<void> set_up();
    [[nodiscard]] Result<DiskImage> blank_disk() const;
    [[nodiscard]] Result<DiskImage> prepared_disk();
    [[nodiscard]] Result<std::unique_ptr<MountedDisk>> mount_recorded(int mark = -1);
    [[nodiscard]] Result<Recorded> recorded_since(DiskImage base, Allowed allowed);
    // One device a volume, the root's own first.
    [[nodiscard]] std::size_t parts() const { return m_workload.volumes.size() + 1; }
    [[nodiscard]] std::uint64_t disk_bytes() const { return m_filesystem.bytes * parts(); }
    [[nodiscard]] Result<Recorded> record_workload();
    [[nodiscard]] Result<Recorded> record_recovery(const DiskImage &image, Allowed allowed);
    [[nodiscard]] Result<void> cut();
    [[nodiscard]] Result<void> examine(const CutState &state);
    // The release that stands after recovery.
    [[nodiscard]] Result<std::size_t> examine_image(const DiskImage &image, Allowed allowed, bool go_on);
    [[nodiscard]] Result<std::size_t> examine_mounted(MountedDisk &disk, Allowed allowed, bool go_on);
    [[nodiscard]] Result<void> check_bystanders(MountedDisk &disk);
    [[nodiscard]] Result<void> cut_again(const CutState &first, std::size_t standing);
    [[nodiscard]] bool chosen(std::uint64_t number, std::uint64_t every, std::uint64_t salt) const;
    void report(const Place &place, const Error &error);

    const Workload &m_workload;
    const Filesystem &m_filesystem;
    const CrashOptions &m_options;
    std::string m_folder;
    Examiner m_examiner;
    std::unique_ptr<RecordedDevice> m_recorded;
    std::optional<ImageFile> m_checked;
    std::vector<LoopDevice> m_checked_devices;
    TreeImage m_bystanders;
    CrashTally m_tally;
};

}  // namespace mos::test
