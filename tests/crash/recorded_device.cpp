#include "recorded_device.hpp"

#include "program.hpp"

#include <mos/base/error.hpp>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace mos::test {

using base::real::Descriptor;

namespace {

constexpr int disk_number = 3;  // the recorder's descriptors
constexpr int log_number = 4;
constexpr int start_attempts = 1000;
constexpr std::chrono::milliseconds start_pause{5};

}  // namespace

Result<std::unique_ptr<RecordedDevice>> RecordedDevice::start(std::uint64_t bytes, std::size_t parts, std::string at) {
    MOS_TRY(ImageFile disk, ImageFile::create(bytes * parts));
    std::unique_ptr<RecordedDevice> recorded{new RecordedDevice{std::move(disk), std::move(at)}};
    MOS_CHECK(recorded->start_recorder(parts));
    MOS_CHECK(recorded->wait_until_mounted());
    const std::string mark_path = recorded->m_at + "/mark";
    recorded->m_mark = Descriptor{::open(mark_path.c_str(), O_WRONLY | O_CLOEXEC)};
    for (std::size_t part = 0; part < parts; ++part) {
        const std::string disk_path = fmt::format("{}/disk{}", recorded->m_at, part);
        const Descriptor backing{::open(disk_path.c_str(), O_RDWR | O_CLOEXEC)};
        if (!recorded->m_mark.is_open() || !backing.is_open())
            return base::system_error(errno, "open the files of", recorded->m_at);
        MOS_TRY(LoopDevice device, LoopDevice::create(backing.number()));
        recorded->m_devices.push_back(std::move(device));
    }
    return recorded;
}

Result<void> RecordedDevice::start_recorder(std::size_t parts) {
    m_log = Descriptor{::memfd_create("log", MFD_CLOEXEC)};
    if (!m_log.is_open() || ::fcntl(m_log.number(), F_SETFL, O_APPEND) != 0)
        return base::system_error(errno, "make", "log");
    const std::string program = program_folder() + "/disk-recorder";
    std::array<std::string, 5> texts = {program, m_at, std::to_string(disk_number), std::to_string(log_number),
                                        std::to_string(parts)};
    const std::array<char *, 6> arguments = {texts[0].data(), texts[1].data(), texts[2].data(),
                                             texts[3].data(), texts[4].data(), nullptr};
    // First out of the way: one of ours may have a number that the other is to get.
    const Descriptor disk{::fcntl(m_disk.descriptor(), F_DUPFD_CLOEXEC, log_number + 1)};
    const Descriptor log{::fcntl(m_log.number(), F_DUPFD_CLOEXEC, log_number + 1)};
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, disk.number(), disk_number);
    ::posix_spawn_file_actions_adddup2(&actions, log.number(), log_number);
    const int problem = ::posix_spawn(&m_recorder, program.c_str(), &actions, nullptr, arguments.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    if (problem != 0)
        return base::system_error(problem, "start", program);
    return {};
}

Result<void> RecordedDevice::wait_until_mounted() const {
    const std::string disk_path = m_at + "/disk0";
    for (int attempt = 0; attempt < start_attempts; ++attempt) {
        struct stat status = {};
        if (::stat(disk_path.c_str(), &status) == 0)
            return {};
        if (int ended = 0; ::waitpid(m_recorder, &ended, WNOHANG) == m_recorder)
            return Error{Code::IO, fmt::format("the disk recorder ended at once with status {}", ended)};
        std::this_thread::sleep_for(start_pause);
    }
    return Error{Code::IO, fmt::format("the disk recorder did not mount {}", base::in_quotes(m_at))};
}

RecordedDevice::~RecordedDevice() {
    m_devices.clear();
    m_mark = {};
    ::umount2(m_at.c_str(), MNT_DETACH);
    if (m_recorder > 0) {
        ::kill(m_recorder, SIGKILL);
        (void)base::real::uninterrupted([&] { return ::waitpid(m_recorder, nullptr, 0); });
    }
}

Result<void> RecordedDevice::begin(const DiskImage &image) {
    MOS_CHECK(m_disk.load(image));
    for (const LoopDevice &device : m_devices)
        MOS_CHECK(device.forget_cache());
    if (::ftruncate(m_log.number(), 0) != 0)
        return base::system_error(errno, "empty", "log");
    return {};
}

Result<base::Bytes> RecordedDevice::log() const {
    struct stat status = {};
    if (::fstat(m_log.number(), &status) != 0)
        return base::system_error(errno, "read", "log");
    base::Bytes bytes(static_cast<std::size_t>(status.st_size));
    for (std::size_t done = 0; done < bytes.size();) {
        const ssize_t count =
            ::pread(m_log.number(), bytes.data() + done, bytes.size() - done, static_cast<off_t>(done));
        if (count <= 0)
            return base::system_error(errno, "read", "log");
        done += static_cast<std::size_t>(count);
    }
    return bytes;
}

}  // namespace mos::test
