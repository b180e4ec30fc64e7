// Stores as NanoMDM writes them, made by what its devices and administrators do.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace nanomdm::test {

/// Either of NanoMDM's two kinds. Times are those of the files, and of now.
class NanoStore {
public:
    virtual ~NanoStore() = default;

    /// Starts an enrollment: disables it and clears its queue. @param raw the message
    virtual void authenticate(const std::string& id, const std::string& raw, const std::string& serial_number,
                              const std::string& identity_der) = 0;
    virtual void associate(const std::string& device, const std::string& hash) = 0;

    struct TokenUpdateFacts {
        std::string raw;
        std::string type = "Device";
        std::string topic;
        std::string push_magic;
        std::string token;
        std::string unlock_token = {};
        std::string device = {}; ///< of a user channel
    };
    /// Enables it and counts.
    virtual void token_update(const std::string& id, const TokenUpdateFacts& facts) = 0;
    virtual void user_authenticate(const std::string& id, const std::string& raw, bool has_digest) = 0;
    virtual void bootstrap_token(const std::string& id, const std::string& token) = 0;
    virtual void check_out(const std::string& id) = 0;

    /// @param raw the command; the ID need not be enrolled
    virtual void enqueue(const std::string& id, const std::string& uuid, const std::string& raw) = 0;
    /// NotNow leaves it pending.
    virtual void report(const std::string& id, const std::string& uuid, const std::string& status,
                        const std::string& raw) = 0;

    virtual void push_certificate(const std::string& topic, const std::string& certificate_pem,
                                  const std::string& key_pem) = 0;
};

class NanoFileStore final : public NanoStore {
public:
    /// @param directory is made when it is not there.
    explicit NanoFileStore(std::filesystem::path directory);

    /// Where the files of one enrollment lie.
    [[nodiscard]] std::filesystem::path operator/(const std::string& id) const { return directory_ / id; }

    void authenticate(const std::string& id, const std::string& raw, const std::string& serial_number,
                      const std::string& identity_der) override;
    void associate(const std::string& device, const std::string& hash) override;
    void token_update(const std::string& id, const TokenUpdateFacts& facts) override;
    void user_authenticate(const std::string& id, const std::string& raw, bool has_digest) override;
    void bootstrap_token(const std::string& id, const std::string& token) override;
    void check_out(const std::string& id) override;
    void enqueue(const std::string& id, const std::string& uuid, const std::string& raw) override;
    void report(const std::string& id, const std::string& uuid, const std::string& status,
                const std::string& raw) override;
    void push_certificate(const std::string& topic, const std::string& certificate_pem,
                          const std::string& key_pem) override;

private:
    void write(const std::string& id, const std::string& name, const std::string& bytes) const;

    const std::filesystem::path directory_;
};

class NanoFileKvStore final : public NanoStore {
public:
    /// @param directory is made when it is not there.
    explicit NanoFileKvStore(std::filesystem::path directory);

    /// Where a key lies.
    [[nodiscard]] std::filesystem::path path(const std::string& bucket, const std::string& key) const;
    void put(const std::string& bucket, const std::string& key, const std::string& bytes) const;
    void remove(const std::string& bucket, const std::string& key) const;
    /// NanoMDM does so when a device reports on a command that it was never sent.
    void lose_hold_of_queue(const std::string& id) const;

    void authenticate(const std::string& id, const std::string& raw, const std::string& serial_number,
                      const std::string& identity_der) override;
    void associate(const std::string& device, const std::string& hash) override;
    void token_update(const std::string& id, const TokenUpdateFacts& facts) override;
    void user_authenticate(const std::string& id, const std::string& raw, bool has_digest) override;
    void bootstrap_token(const std::string& id, const std::string& token) override;
    void check_out(const std::string& id) override;
    void enqueue(const std::string& id, const std::string& uuid, const std::string& raw) override;
    void report(const std::string& id, const std::string& uuid, const std::string& status,
                const std::string& raw) override;
    void push_certificate(const std::string& topic, const std::string& certificate_pem,
                          const std::string& key_pem) override;

private:
    void write_links(const std::string& id) const;
    void forget_links(const std::string& id, const std::string& uuid) const;
    void touch_last_seen(const std::string& id) const;

    const std::filesystem::path directory_;
    std::map<std::string, std::vector<std::string>> queues_; ///< what is linked, in order
    std::map<std::string, int> tallies_;
};

enum class NanoKind { file, filekv };
/// "file", "filekv": what stands before the directory in -import-nanomdm.
[[nodiscard]] const char* to_string(NanoKind kind) noexcept;
[[nodiscard]] std::unique_ptr<NanoStore> make_nano_store(NanoKind kind,
                                                         const std::filesystem::path& directory);

} // namespace nanomdm::test
