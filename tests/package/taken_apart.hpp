// A package in its parts, to be bent and put together again with all digests right: what a malicious signer can do.
#pragma once

#include "package_fixture.hpp"

#include <mos/package/frame.hpp>
#include <mos/package/index_line.hpp>
#include <mos/package/layout.hpp>

#include <zstd.h>

namespace mos::test {

struct TakenApart {
    package::Statement statement;
    package::SignatureArea area;
    std::vector<package::FrameLine> frames;
    std::vector<base::Bytes> stored;  // the frames themselves
    std::vector<std::string> lines;   // of the entries
    std::string index_end;            // text after them
};

inline base::Bytes slice(base::ByteView bytes, std::uint64_t begin, std::uint64_t end) {
    return base::to_bytes(bytes.subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin)));
}

inline std::vector<std::string> split_lines(std::string_view text) {
    std::vector<std::string> lines;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        lines.emplace_back(text.substr(0, end));
        text.remove_prefix(end + 1);
    }
    return lines;
}

inline TakenApart take_apart(base::ByteView bytes) {
    TakenApart parts;
    parts.statement = must(package::decode_statement(bytes.subspan(17, package::statement_bytes), {}));
    const package::Layout layout = package::layout_of(parts.statement);
    parts.area = must(
        package::decode_signature_area(bytes.subspan(layout.signature_area, parts.statement.signature_area_bytes), {}));
    std::string index(parts.statement.index_expanded_bytes, ' ');
    REQUIRE(ZSTD_decompress(index.data(), index.size(), bytes.data() + layout.index,
                            parts.statement.index_stored_bytes) == index.size());
    parts.lines = split_lines(index);
    std::uint64_t at = layout.payload;
    for (std::uint32_t i = 0; i < parts.statement.frames; ++i) {
        const package::FrameLine frame = must(package::parse_frame_line(parts.lines.at(i)));
        parts.frames.push_back(frame);
        parts.stored.push_back(slice(bytes, at, at + frame.stored_bytes));
        at += frame.stored_bytes;
    }
    parts.lines.erase(parts.lines.begin(), parts.lines.begin() + parts.statement.frames);
    return parts;
}

inline base::Bytes plain_of(const TakenApart &parts, std::size_t frame) {
    base::Bytes plain(static_cast<std::size_t>(parts.frames.at(frame).plain_bytes));
    package::FrameDecompressor decompressor;
    must(decompressor.decompress(parts.stored.at(frame), plain, {}));
    return plain;
}

inline void set_stored(TakenApart &parts, std::size_t frame, base::Bytes stored) {
    parts.frames.at(frame).stored_bytes = stored.size();
    parts.frames.at(frame).stored_sha256 = crypto::sha256(stored);
    parts.stored.at(frame) = std::move(stored);
}

inline void set_plain(TakenApart &parts, std::size_t frame, base::ByteView plain) {
    parts.frames.at(frame).plain_bytes = plain.size();
    parts.frames.at(frame).plain_sha256 = crypto::sha256(plain);
    set_stored(parts, frame, package::raw_frame(plain));
}

// The entries of the package, changed by `change` and written back.
template <class Change>
void change_entries(TakenApart &parts, Change change) {
    std::vector<package::Entry> entries;
    for (const std::string &line : parts.lines)
        entries.push_back(must(package::parse_entry_line(line)));
    change(entries);
    parts.lines.clear();
    for (const package::Entry &entry : entries)
        parts.lines.push_back(package::write_entry_line(entry));
    parts.statement.entries = entries.size();
}

template <class Change>
void change_entry(TakenApart &parts, std::string_view path, Change change) {
    change_entries(parts, [&](std::vector<package::Entry> &entries) {
        for (package::Entry &entry : entries) {
            if (entry.path == path)
                change(entry);
        }
    });
}

inline base::Bytes compress_index(std::string_view text) {
    base::Bytes stored(ZSTD_compressBound(text.size()));
    stored.resize(ZSTD_compress(stored.data(), stored.size(), text.data(), text.size(), 3));
    return stored;
}

inline void append(base::Bytes &out, base::ByteView bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }

// With `index` as the stored index; its lengths in the statement are right unless `statement` says otherwise.
inline base::Bytes assemble(const TakenApart &parts, const package::Statement &statement, base::ByteView index) {
    const base::Bytes encoded = package::encode_statement(statement);
    base::Bytes out = base::to_bytes(std::as_bytes(std::span{package::empty_frame}));
    append(out, package::skippable_header(package::statement_frame_magic, static_cast<std::uint32_t>(encoded.size())));
    append(out, encoded);
    append(out, package::skippable_header(package::signature_frame_magic, statement.signature_area_bytes));
    append(out, must(package::encode_signature_area(parts.area, statement.signature_area_bytes, {})));
    append(out, package::skippable_header(package::index_frame_magic, static_cast<std::uint32_t>(index.size())));
    append(out, index);
    for (const base::Bytes &frame : parts.stored)
        append(out, frame);
    append(out, must(package::build_last_frame(parts.area, statement.signature_area_bytes)));
    return out;
}

inline std::string index_text(const TakenApart &parts) {
    std::string text;
    for (const package::FrameLine &frame : parts.frames)
        text += package::write_frame_line(frame) + "\n";
    for (const std::string &line : parts.lines)
        text += line + "\n";
    return text + parts.index_end;
}

// Makes index and payload lengths and the index digest right.
inline package::Statement completed(const TakenApart &parts, std::string_view text, base::ByteView index) {
    package::Statement statement = parts.statement;
    statement.frames = static_cast<std::uint32_t>(parts.frames.size());
    statement.index_expanded_bytes = text.size();
    statement.index_stored_bytes = index.size();
    statement.index_sha256 = crypto::sha256(index);
    statement.payload_stored_bytes = package::last_frame_stored_bytes(statement.signature_area_bytes);
    statement.payload_plain_bytes = package::last_frame_plain_bytes(statement.signature_area_bytes);
    for (const package::FrameLine &frame : parts.frames) {
        statement.payload_stored_bytes += frame.stored_bytes;
        statement.payload_plain_bytes += frame.plain_bytes;
    }
    return statement;
}

inline base::Bytes put_together(const TakenApart &parts) {
    const std::string text = index_text(parts);
    const base::Bytes index = compress_index(text);
    return assemble(parts, completed(parts, text, index), index);
}

}  // namespace mos::test
