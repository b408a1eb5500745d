import Basics
import Crypto
import Domain
import Glibc

/// What a simulated device keeps: chunks by their digests, and what it runs. Node-RED itself is
/// left out: it would be as many copies of 100 MB as there are devices.
struct SimulatedStore: Sendable {
    struct Running: Sendable, Equatable {
        var revision: Int64 = 0
        var snapshot: Snapshot.ID?
        /// The revision that it went back from.
        var failed: Int64?
    }

    let directory: String

    private var state: String { "\(directory)/running.json" }

    func running() -> Running {
        guard let bytes = try? Files.read(state, limit: .kibibytes(4)),
            let object = try? JSONReader.read(bytes).object,
            let revision = object["revision"]?.int
        else { return Running() }
        return Running(
            revision: revision, snapshot: object["snapshot"]?.string.flatMap(Snapshot.ID.init),
            failed: object["failed"]?.int)
    }

    func keep(_ running: Running) throws(SystemError) {
        var json = JSONWriter()
        json.object { json in
            json.field("revision", running.revision)
            json.field("snapshot", running.snapshot)
            json.field("failed", running.failed)
        }
        try put(json.bytes, state)
    }

    private func path(_ address: ContentAddress) -> String { "\(directory)/\(address.hex)" }

    /// Checked against its name each time.
    func content(_ address: ContentAddress) -> [UInt8]? {
        guard let bytes = try? Files.read(path(address)), isIt(bytes, address) else { return nil }
        return bytes
    }

    /// - Parameter file: as the vault holds it.
    /// - Returns: whether it is what it is called.
    func receive(_ file: [UInt8], as address: ContentAddress) throws(SystemError) -> Bool {
        guard let bytes = VaultFile.decode(file, limit: 16 << 20), isIt(bytes, address) else {
            return false
        }
        try put(bytes, path(address))
        return true
    }

    /// What its chunks make together.
    func join(_ chunks: [ContentAddress], as address: ContentAddress) throws(SystemError) -> Bool {
        if chunks == [address] { return content(address) != nil }
        var whole: [UInt8] = []
        for chunk in chunks {
            guard let bytes = content(chunk) else { return false }
            whole += bytes
        }
        guard isIt(whole, address) else { return false }
        try put(whole, path(address))
        return true
    }

    /// Not synced: each real device has a disk of its own, and these share the appliance's. Synced,
    /// ten thousand of them measured that disk: 65 devices a second, at any speed of the rest.
    private func put(_ bytes: [UInt8], _ path: String) throws(SystemError) {
        let temporary = "\(path).tmp"
        guard
            let file = FileDescriptor(
                owning: open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600))
        else { throw SystemError("create \(temporary)") }
        try Files.write(bytes, to: file, temporary)
        guard rename(temporary, path) == 0 else { throw SystemError("rename \(temporary)") }
    }

    private func isIt(_ bytes: [UInt8], _ address: ContentAddress) -> Bool {
        ContentAddress(digest: Digest.sha256(bytes)) == address
    }
}
