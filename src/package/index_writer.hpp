// Compresses the index into the package as its lines come.
#pragma once

#include <mos/base/scratch_file.hpp>

#include <mos/crypto/digest.hpp>
#include <mos/package/limits.hpp>

namespace mos::package {

struct StoredIndex {
    std::uint64_t stored_bytes = 0;
    crypto::Sha256Digest sha256{};
};

// One zstd frame whose window stays within a reader's limit. `expanded_bytes` is the length of all text to come.
class IndexWriter {
  public:
    IndexWriter(base::ScratchFile &output, int level, std::uint64_t expanded_bytes);
    IndexWriter(const IndexWriter &) = delete;
    IndexWriter &operator=(const IndexWriter &) = delete;
    ~IndexWriter();

    [[nodiscard]] Result<void> append(std::string_view text);
    [[nodiscard]] Result<StoredIndex> finish();

  private:
    struct State;
    std::unique_ptr<State> m_state;
};

}  // namespace mos::package
