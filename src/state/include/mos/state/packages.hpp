// What is installed, and which package owns which path.
//
// Each installation of a package is a row of its own with its own file rows. It is in force when the transaction that
// brought it is in effect and none that took it away is: after a rollback the older rows are in force again untouched.
#pragma once

#include <mos/state/database.hpp>
#include <mos/state/operation.hpp>

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace mos::state {

struct InstalledPackage {
    std::uint64_t id = 0;
    std::string name;
    std::string version;
    std::string release;
    std::string architecture;
    std::string type;
    std::array<std::byte, 32> content_digest{};
    std::string signer;
    std::string manifest;          // JSON, as the package carried it
    std::string prefix;            // the folder beneath the root below which it was put; "" for the root itself
    std::string template_values;   // JSON, what its templates were filled with; "" where it has none
    bool automatic = false;        // came with another package, and nobody asked for it
    std::string credentials = {};  // what vouched for it (mos/package/credentials.hpp); only written, see credentials()
    friend bool operator==(const InstalledPackage &, const InstalledPackage &) = default;
};

// What a file of a package is to the engine; the numbers are fixed for ever.
enum class FileRole : std::uint8_t {
    content = 0,
    configuration = 1,  // meant to be changed by hand
    beside = 2,         // the package's version of a configuration file that was changed by hand, put beside it
    script = 3,         // of the package, kept for later
    output = 4,         // written by the package's scripts, of whatever size and content
};

struct InstalledFile {
    std::uint64_t package = 0;
    std::string path;
    base::FileType type = base::FileType::regular;
    Attributes attributes;
    std::uint64_t size = 0;
    std::array<std::byte, 32> digest{};  // of regular files
    std::string link_target;             // of symbolic links
    std::string link_group;              // the first path of its hard-link group; empty when it stands alone
    FileRole role = FileRole::content;
};

// Whether an entry is still what was installed, by type, size and time.
[[nodiscard]] bool stands_as_installed(const InstalledFile &file, const base::FileStatus &status) noexcept;

class Packages {
  public:
    explicit Packages(Database &database) : m_database(database) {}

    [[nodiscard]] Result<std::optional<InstalledPackage>> find(std::string_view name);
    [[nodiscard]] Result<std::vector<InstalledPackage>> list();  // in force, by name

    struct Owner {
        std::string package;
        InstalledFile file;
    };
    // Who owns `path` now; several for a directory. By package name.
    [[nodiscard]] Result<std::vector<Owner>> owners(std::string_view path);

    // An installation by its row's number, whether it is in force or not.
    [[nodiscard]] Result<std::optional<InstalledPackage>> row(std::uint64_t id);
    // The same of the moment before the change `transaction` was made, for whatever was not forgotten since.
    [[nodiscard]] Result<std::vector<InstalledPackage>> list_before(std::uint64_t transaction);
    [[nodiscard]] Result<std::vector<Owner>> owners_before(std::string_view path, std::uint64_t transaction);
    // What would be in force again, by name, if what the transaction brought were taken back.
    [[nodiscard]] Result<std::vector<InstalledPackage>> taken_away_by(std::uint64_t transaction);
    // What the transaction brought, by name, in force or not.
    [[nodiscard]] Result<std::vector<InstalledPackage>> brought_by(std::uint64_t transaction);

    // Path, size and digest of each regular file that is installed, as it was when it was, in no order. What scripts
    // have written is none. `take` may not touch the database.
    using TakeContent =
        std::function<void(std::string_view path, std::uint64_t size, const std::array<std::byte, 32> &digest)>;
    [[nodiscard]] Result<void> each_content(const TakeContent &take);

    // Of an installation; empty where it was recorded by a version that kept none.
    [[nodiscard]] Result<std::string> credentials(std::uint64_t package);

    // The version below which the package must not go, as a package that was let in has said; empty: any will do.
    [[nodiscard]] Result<std::string> version_floor(std::string_view name);

    // The row of `path` in the installation `package`.
    [[nodiscard]] Result<std::optional<InstalledFile>> find_file(std::uint64_t package, std::string_view path);

    // The following belong into the body of Database::commit.
    [[nodiscard]] Result<std::uint64_t> insert(const InstalledPackage &package, std::uint64_t transaction);
    [[nodiscard]] Result<void> insert_file(const InstalledFile &file);
    // Installs again what the row `package` says, as `transaction`'s: a copy of it and of its files. The number of the
    // new row.
    [[nodiscard]] Result<std::uint64_t> bring_back(std::uint64_t package, std::uint64_t transaction);
    // Which of two versions is higher is the caller's to say. It stays when the transaction is taken back: what a
    // signer has said of older versions is no less true then.
    [[nodiscard]] Result<void> set_version_floor(std::string_view name, std::string_view version,
                                                 std::uint64_t transaction);
    [[nodiscard]] Result<void> mark_removed(std::uint64_t package, std::uint64_t transaction);
    // Forgets what no rollback can bring back once the stage of `transaction` is pruned.
    [[nodiscard]] Result<void> forget(std::uint64_t transaction, bool in_effect);

  private:
    Database &m_database;
};

// Walks the files of some packages in byte order of their paths, holding one at a time. Nothing may be committed while
// one is open.
class InstalledFileCursor {
  public:
    [[nodiscard]] static Result<InstalledFileCursor> open(Database &database,
                                                          const std::vector<std::uint64_t> &packages);
    InstalledFileCursor(InstalledFileCursor &&) noexcept;
    InstalledFileCursor &operator=(InstalledFileCursor &&) noexcept;
    ~InstalledFileCursor();

    [[nodiscard]] Result<std::optional<InstalledFile>> next();

  private:
    struct State;
    explicit InstalledFileCursor(std::unique_ptr<State> state);
    std::unique_ptr<State> m_state;
};

}  // namespace mos::state
