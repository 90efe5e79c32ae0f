// Stages each change of a plan as the walk gives it, and keeps what has to be recorded of it.
#pragma once

#include "change_digest.hpp"
#include "delta_content.hpp"
#include "walk.hpp"

#include <mos/transaction/stage.hpp>

#include <set>
#include <string>
#include <vector>

namespace mos::install {

// Paths that a package wants and that somebody else keeps: what is recorded is what is there.
using LeftOut = std::set<std::string, std::less<>>;

// Stages each change as the walk gives it.
class Stager final : public ChangeSink {
  public:
    Stager(transaction::Site &site, transaction::Stage &stage, const Resolution &resolution, const Asker &ask,
           ChangeDigest digest, Contents &contents)
        : m_site(site), m_stage(stage), m_ask(ask), m_digest(std::move(digest)), m_contents(contents) {
        m_progress.phase = base::Phase::staging;
        m_progress.total_bytes = resolution.totals.write_bytes;
        m_progress.total_entries = resolution.totals.changed();
    }

    [[nodiscard]] Result<void> take(const Change &change) override;

    [[nodiscard]] std::string digest() { return m_digest.finish(); }
    [[nodiscard]] const LeftOut &left_out() const noexcept { return m_left_out; }
    // The packages' versions of configuration files that were put beside yours; of the package of each step.
    struct PutBeside {
        std::size_t step = 0;
        state::InstalledFile file;
    };
    [[nodiscard]] const std::vector<PutBeside> &put_beside() const noexcept { return m_put_beside; }
    [[nodiscard]] const std::vector<std::string> &swept_directories() const noexcept { return m_swept; }
    [[nodiscard]] std::uint64_t changed_paths() const noexcept { return m_changed_paths; }
    [[nodiscard]] std::uint64_t written_bytes() const noexcept { return m_progress.done_bytes; }

  private:
    [[nodiscard]] Result<void> ask(const Change &change);
    [[nodiscard]] Result<void> put(const WantedEntry &wanted);
    void note_put_beside(const WantedEntry &wanted);
    [[nodiscard]] Result<void> write_package_content(const WantedEntry &wanted, base::File &file);

    transaction::Site &m_site;
    transaction::Stage &m_stage;
    const Asker &m_ask;
    ChangeDigest m_digest;
    Contents &m_contents;
    LeftOut m_left_out;
    LeftOut m_replaced;  // that the job asked about
    std::vector<PutBeside> m_put_beside;
    std::vector<std::string> m_swept;
    std::uint64_t m_changed_paths = 0;
    base::Progress m_progress;
};

}  // namespace mos::install
