// Where first inputs are written: FOLDER/<target>/<name>.
#pragma once

#include "target.hpp"

#include <filesystem>
#include <fstream>
#include <string_view>

namespace mos::fuzz {

class Corpus {
  public:
    explicit Corpus(std::filesystem::path folder) : m_folder(std::move(folder)) {}

    void put(const char *target, const char *name, std::string_view content) const {
        std::filesystem::create_directories(m_folder / target);
        std::ofstream out{m_folder / target / name, std::ios::binary};
        out.write(content.data(), static_cast<std::streamsize>(content.size()));
        out.close();
        hold(out.good(), "an input is written");
    }
    void put(const char *target, const char *name, base::ByteView content) const {
        put(target, name, base::as_text(content));
    }

  private:
    std::filesystem::path m_folder;
};

void make_backup_inputs(const Corpus &corpus);   // backups, sound and forged
void make_delta_inputs(const Corpus &corpus);    // deltas between files with compressed members
void make_kept_inputs(const Corpus &corpus);     // what a root keeps: indexes of captured points, credentials
void make_delta_packages(const Corpus &corpus);  // delta packages, sound and forged
void make_trust_inputs(const Corpus &corpus);    // keys behind a passphrase, trust entries, policies, edits of them
void make_refused_inputs(const Corpus &corpus);  // inputs that break one rule each
void make_install_inputs(const Corpus &corpus);  // packages that a trusted key has signed

}  // namespace mos::fuzz
