#include <mos/base/source.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace mos::base {

namespace {

class DescriptorSource final : public Source {
  public:
    DescriptorSource(int descriptor, std::string name) : m_descriptor(descriptor), m_name(std::move(name)) {}
    ~DescriptorSource() override { ::close(m_descriptor); }

    [[nodiscard]] Result<std::size_t> read_at(std::uint64_t offset, MutableByteView out) override {
        if (offset > static_cast<std::uint64_t>(INT64_MAX) - out.size())
            return std::size_t{0};
        std::size_t done = 0;
        while (done < out.size()) {
            const ssize_t count =
                ::pread(m_descriptor, out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
            if (count < 0 && errno == EINTR)
                continue;
            if (count < 0)
                return system_error(errno, "read", m_name);
            if (count == 0)
                break;
            done += static_cast<std::size_t>(count);
        }
        return done;
    }

    [[nodiscard]] Result<std::uint64_t> size() override {
        const off_t end = ::lseek(m_descriptor, 0, SEEK_END);  // also right for block devices
        if (end < 0)
            return system_error(errno, "find the size of", m_name);
        return static_cast<std::uint64_t>(end);
    }

    [[nodiscard]] const std::string &name() const noexcept override { return m_name; }

  private:
    int m_descriptor;
    std::string m_name;
};

class MemorySource final : public Source {
  public:
    MemorySource(Bytes bytes, std::string name) : m_bytes(std::move(bytes)), m_name(std::move(name)) {}

    [[nodiscard]] Result<std::size_t> read_at(std::uint64_t offset, MutableByteView out) override {
        if (offset >= m_bytes.size())
            return std::size_t{0};
        const std::size_t count = std::min<std::size_t>(out.size(), m_bytes.size() - static_cast<std::size_t>(offset));
        // Not memcpy: `out` may be empty and have no address.
        std::copy_n(m_bytes.begin() + static_cast<std::ptrdiff_t>(offset), count, out.begin());
        return count;
    }
    [[nodiscard]] Result<std::uint64_t> size() override { return m_bytes.size(); }
    [[nodiscard]] const std::string &name() const noexcept override { return m_name; }

  private:
    Bytes m_bytes;
    std::string m_name;
};

Result<std::unique_ptr<Source>> adopt_descriptor(int descriptor, std::string name) {
    auto source = std::make_unique<DescriptorSource>(descriptor, std::move(name));
    struct stat status = {};
    if (::fstat(descriptor, &status) != 0)
        return system_error(errno, "inspect", source->name());
    if (!S_ISREG(status.st_mode) && !S_ISBLK(status.st_mode))
        return Error{Code::UNSUPPORTED, fmt::format("{} is not a file", in_quotes(source->name()))}.about(
            source->name());
    return std::unique_ptr<Source>{std::move(source)};
}

}  // namespace

Result<void> read_exactly(Source &source, std::uint64_t offset, MutableByteView out) {
    MOS_TRY(const std::size_t count, source.read_at(offset, out));
    if (count != out.size())
        return Error{Code::TRUNCATED, fmt::format("{} has {} bytes at {}, where {} were expected",
                                                  in_quotes(source.name()), count, offset, out.size())}
            .about(source.name());
    return {};
}

Result<std::unique_ptr<Source>> open_file_source(const std::string &path) {
    // O_NONBLOCK: a pipe by that name must not hang us; it has no effect on a regular file.
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (descriptor < 0)
        return system_error(errno, "open", path);
    return adopt_descriptor(descriptor, path);
}

Result<std::unique_ptr<Source>> open_descriptor_source(int descriptor, std::string name) {
    const int own = ::fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
    if (own < 0)
        return system_error(errno, "duplicate the descriptor of", name);
    return adopt_descriptor(own, std::move(name));
}

std::unique_ptr<Source> make_memory_source(Bytes bytes, std::string name) {
    return std::make_unique<MemorySource>(std::move(bytes), std::move(name));
}

}  // namespace mos::base
