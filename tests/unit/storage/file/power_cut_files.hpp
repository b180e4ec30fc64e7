// A file system in memory that knows what is flushed and what is not, and loses the rest in a power cut.
#pragma once

#include "faulty_files.hpp"

#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace nanomdm::storage::file {

/// Stricter than real file systems: of what is not flushed, any subset of the sectors written and of the
/// names created, renamed and removed survives. One thread.
class PowerCutFiles final : public Files {
public:
    /// At the n-th boundary, what survives is written below `root` in the real file system and the process
    /// ends. Reading starts with what is there.
    PowerCutFiles(std::string root, std::uint64_t last, std::uint64_t seed);
    [[nodiscard]] const Boundaries& boundaries() const noexcept { return boundaries_; }
    /// Writes all there is below `root` in the real file system: the machine was shut down properly.
    void put_down() const;

    void rename(const std::string& from, const std::string& to) override;
    void put_in_place(const std::string& from, const std::string& to) override;
    bool remove(const std::string& path) override;
    void make_directory(const std::string& path) override;
    std::vector<std::string> list(const std::string& path) override;
    void sync_directory(const std::string& path) override;
    void sync_filesystem(const std::string& path) override;
    std::optional<OpenFile> lock(const std::string& path) override;

protected:
    std::optional<int> open_descriptor(const std::string& path, OpenMode mode) override;
    void close(int descriptor) noexcept override;
    std::size_t read_at(int descriptor, char* to, std::size_t size, std::uint64_t offset) override;
    void write_at(int descriptor, std::string_view bytes, std::uint64_t offset) override;
    void append(int descriptor, std::string_view bytes) override;
    void truncate(int descriptor, std::uint64_t size) override;
    std::uint64_t size(int descriptor) override;
    void sync_data(int descriptor) override;

private:
    struct Node {
        bool is_directory = false;
        std::string bytes;
        std::string flushed;
    };
    using Names = std::map<std::string, std::shared_ptr<Node>>;
    /// A name that came to mean a node, or went (null).
    struct Change {
        std::string path;
        std::shared_ptr<Node> node;
        std::string old_name = {};            ///< of a rename: gone with it,
        std::shared_ptr<Node> exchanged = {}; ///< or this node's from now on
    };

    void load(const std::string& path);
    void change(Change change);
    static void apply(Names& names, const Change& change);
    void pass(const std::function<void()>& half = [] {});
    [[noreturn]] void cut();
    static void write_below(const std::string& root, const std::map<std::string, std::string>& files,
                            const std::vector<std::string>& directories);
    [[nodiscard]] std::string surviving(const Node& node);
    [[nodiscard]] bool flip() { return (random_() & 1) != 0; }
    [[nodiscard]] bool is_there(const std::string& path) const { return names_.contains(path); }

    std::string root_;
    Boundaries boundaries_;
    std::mt19937_64 random_;
    Names names_;
    Names flushed_names_;
    std::vector<Change> unflushed_;
    std::map<int, std::shared_ptr<Node>> open_;
    int next_descriptor_ = 100;
};

} // namespace nanomdm::storage::file
