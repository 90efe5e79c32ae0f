// What a delta package's entries hold: stored with it, or made out of files of the base (docs/package-format.md,
// "Delta packages").
#pragma once

#include <mos/delta/delta.hpp>
#include <mos/package/index_line.hpp>
#include <mos/package/package.hpp>

#include <functional>
#include <memory>
#include <span>
#include <vector>

namespace mos::delta {

// Where files of the base are: beneath a root, or in the base package. What is made of one that is not the base's is
// refused.
class BaseFiles {
  public:
    BaseFiles() = default;
    BaseFiles(const BaseFiles &) = delete;
    BaseFiles &operator=(const BaseFiles &) = delete;
    virtual ~BaseFiles() = default;

    // BASE_DIFFERS when there is none of that size.
    [[nodiscard]] virtual Result<std::unique_ptr<base::Source>> open(const package::BaseLine &line) = 0;
};

// Those of a full package: for who checks a delta package beside it. The index is read once, and remembered.
[[nodiscard]] Result<std::unique_ptr<BaseFiles>> open_base_package(std::shared_ptr<package::Package> base);

// None at hand: for who looks at what a delta package says without its base.
[[nodiscard]] BaseFiles &no_base() noexcept;

// Gives the file of the base to `sink`; BASE_DIFFERS when it is not what it must be. What `sink` was given counts
// only without an error.
[[nodiscard]] Result<void> copy_base_file(BaseFiles &base, const package::BaseFile &file, const base::ByteSink &sink);

// Content of one delta package. Entries are asked for in the order of the index: a small patch's result is kept until
// another one is asked for. One thread at a time, that of the package.
class PackageContent {
  public:
    // Reads the index once, and remembers each patch.
    [[nodiscard]] static Result<std::unique_ptr<PackageContent>> open(std::shared_ptr<package::Package> package,
                                                                      BaseFiles &base, const ApplyOptions &options);

    [[nodiscard]] std::size_t patches() const noexcept { return m_patches.size(); }

    // The files of the base that a patched entry is made of, as the list of its patch has them; none for any other.
    [[nodiscard]] Result<std::vector<package::BaseLine>> base_lines(const package::Entry &entry);

    // What read() would say of memory, from the header of the entry's patch. LIMIT. Entries are named in the order in
    // which they are read.
    [[nodiscard]] Result<void> check_memory(const package::Entry &entry);
    // The same of all patches.
    [[nodiscard]] Result<void> check_memory();

    // Adds the frames that the entry's content is made of, its patch and the list of its base files included.
    [[nodiscard]] Result<void> add_frames(const package::Entry &entry, package::FrameSet &frames) const;

    // Gives the content of a regular entry to `sink`; DIGEST_MISMATCH when it is not what its entry says, BASE_DIFFERS
    // when that is the base's fault. What `sink` was given counts only when this has returned without an error. LIMIT,
    // before memory is taken, when it takes more than the options allow.
    [[nodiscard]] Result<void> read(const package::Entry &entry, const base::ByteSink &sink);

    // Header and list of each patch: what can be checked without the base. FORMAT, and what decode_header says.
    [[nodiscard]] Result<void> check_patches();

    // Gives back what is kept for the next call.
    void rest() noexcept;

  private:
    struct Stored {  // of an entry, what there is to know of it
        package::Extent extent;
        std::uint64_t size = 0;
        crypto::Sha256Digest sha256{};
    };
    struct Patch {
        Stored list;  // size 0: it needs no base file
        Stored delta;
        std::uint64_t result_bytes = 0;
        std::uint64_t parts = 0;  // entries that stand in it
    };
    PackageContent(std::shared_ptr<package::Package> package, BaseFiles &base, const ApplyOptions &options);
    [[nodiscard]] Result<void> load();
    void take(const package::Entry &entry);
    [[nodiscard]] package::Entry entry_of(std::uint32_t number, package::PatchPart part) const;
    [[nodiscard]] Result<std::vector<package::BaseLine>> read_list(std::uint32_t number);
    // Checks what the delta says against the index.
    [[nodiscard]] Result<void> check_header(std::uint32_t number, const DeltaInfo &info,
                                            std::uint64_t base_bytes) const;
    [[nodiscard]] Result<void> read_patched(const package::Entry &entry, const base::ByteSink &sink);
    [[nodiscard]] Result<void> check_memory(std::uint32_t number);
    // What the options leave for applying the patch.
    [[nodiscard]] Result<std::uint64_t> memory_left(std::uint32_t number, std::uint64_t held_bytes) const;
    [[nodiscard]] Result<void> check_asked(const DeltaInfo &info, std::uint64_t left) const;
    [[nodiscard]] Result<void> check_group(std::uint32_t number) const;
    [[nodiscard]] Result<void> make_group(std::uint32_t number);
    [[nodiscard]] Result<void> apply(std::uint32_t number, std::uint64_t held_bytes, const base::ByteSink &sink);
    [[nodiscard]] Error damaged(std::uint32_t number, std::string_view what) const;

    std::shared_ptr<package::Package> m_package;
    BaseFiles &m_base;
    ApplyOptions m_options;
    std::vector<Patch> m_patches;
    std::uint64_t m_largest_group = 0;  // of those whose memory was checked
    std::uint32_t m_group_number = 0;
    bool m_has_group = false;
    base::Bytes m_group;  // the result of a patch with several parts
};

// The largest result of a patch with several parts, by the memory that applying may take: it is held as a whole.
[[nodiscard]] constexpr std::uint64_t most_group_bytes(std::uint64_t apply_memory) noexcept {
    constexpr std::uint64_t most = 8ULL << 20U;
    return apply_memory / 4 < most ? apply_memory / 4 : most;
}

// Checks the content of every entry, of those that come from the base too.
[[nodiscard]] Result<void> check_content(package::Package &package, PackageContent &content, base::Observer &observer);

}  // namespace mos::delta
