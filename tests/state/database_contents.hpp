// Databases for tests of damage: filled step by step, and read out as one text.
#pragma once

#include "expect.hpp"
#include "twin.hpp"

#include <mos/state/database_files.hpp>
#include <mos/state/packages.hpp>
#include <mos/state/transactions.hpp>

#include <fmt/format.h>

#include <functional>

namespace mos::test {

// One durable commit: a transaction, its operations, and a package with a manifest that needs overflow pages.
inline void commit_step(state::Database &database, std::uint64_t id, std::size_t rows = 40) {
    must(database.commit(state::Durability::durable, [&]() -> Result<void> {
        state::Transactions transactions{database};
        state::Packages packages{database};
        state::Transaction transaction;
        transaction.id = transaction.stage = id;
        transaction.state = state::TransactionState::done;
        transaction.in_effect = true;
        transaction.summary = fmt::format("step {}", id);
        MOS_CHECK(transactions.insert(transaction));
        state::InstalledPackage package;
        package.name = fmt::format("package-{}", id);
        package.version = fmt::format("{}.0", id);
        package.manifest = fmt::format("{:0>9000}", id);
        MOS_TRY(const std::uint64_t row, packages.insert(package, id));
        for (std::uint64_t i = 0; i < rows; ++i) {
            state::Operation operation;
            operation.slot = i + 1;
            operation.kind = state::OperationKind::add;
            operation.path = fmt::format("usr/lib/package-{}/file-{}", id, i);
            MOS_CHECK(transactions.insert_operation(id, operation));
            state::InstalledFile file;
            file.package = row;
            file.path = operation.path;
            file.size = i;
            MOS_CHECK(packages.insert_file(file));
        }
        return {};
    }));
}

// All that the stores answer; an error as soon as one gives it.
inline Result<std::string> contents(state::Database &database) {
    std::string text;
    state::Transactions transactions{database};
    MOS_TRY(const auto list, transactions.list(1000));
    for (const state::Transaction &transaction : list) {
        text += fmt::format("transaction {} {}\n", transaction.id, transaction.summary);
        MOS_CHECK(transactions.for_each_operation(transaction.id, state::Direction::forward,
                                                  [&](const state::Operation &operation) -> Result<void> {
                                                      text += fmt::format("{} {}\n", operation.slot, operation.path);
                                                      return {};
                                                  }));
    }
    state::Packages packages{database};
    MOS_TRY(const auto installed, packages.list());
    for (const state::InstalledPackage &package : installed) {
        text += fmt::format("package {} {} {}\n", package.name, package.version,
                            std::hash<std::string>{}(package.manifest));
        MOS_TRY(auto cursor, state::InstalledFileCursor::open(database, {package.id}));
        for (;;) {
            MOS_TRY(const auto file, cursor.next());
            if (!file)
                break;
            text += fmt::format("{} {}\n", file->path, file->size);
            MOS_TRY(const auto owners, packages.owners(file->path));
            text += fmt::format("owned by {}\n", owners.size());
        }
    }
    MOS_TRY(const std::uint64_t next, transactions.next_id());
    return text + fmt::format("next {}\n", next);
}

inline Result<std::string> contents_of(const Twin &twin) {
    MOS_TRY(const auto database, state::Database::open(twin.root()));
    return contents(*database);
}

inline base::Bytes file_of(const Twin &twin, const char *name) {
    return must(base::read_file(*twin.root(), name, 64U << 20U));
}

// Writes it in the place of what is there.
inline void overwrite(const Twin &twin, const char *name, base::ByteView content) {
    const auto file = must(twin.root()->open_file(name, base::OpenMode::write));
    must(file->resize(content.size()));
    must(file->write_at(0, content));
}

}  // namespace mos::test
