package import Basics
import Crypto
package import Domain
import Glibc

/// Why the vault gave or took nothing.
package enum VaultFault: Error, Sendable, Equatable, CustomStringConvertible {
    case missing(ContentAddress)
    /// The file is not what its name says: the disk or a hand has changed it.
    case damaged(ContentAddress)
    case tooLarge
    /// No space left; what was there is whole.
    case full
    case system(SystemError)

    package var description: String {
        switch self {
        case .missing(let address):
            "The vault's file \(address) is missing: restore it from a backup."
        case .damaged(let address):
            "The vault's file \(address) is damaged: restore it from a backup."
        case .tooLarge: "This is larger than the vault takes (\(Vault.largest >> 20) MB)."
        case .full: "The disk is full: free some space, nothing was lost."
        case .system(let error): "The vault cannot be used: \(error)."
        }
    }

    init(_ error: SystemError) { self = error.isFull ? .full : .system(error) }
}

/// Immutable bytes, named by their SHA-256. What `store` returned survives a power cut; what `read`
/// returns was checked against its name. A file is one byte of format and the content, compressed
/// where that is shorter.
package actor Vault {
    /// 256 MB: Node-RED takes flows of 210 MB (`apiMaxLength`).
    static let largest = 256 << 20

    private enum Format {
        static let plain: UInt8 = 0
        static let zstandard: UInt8 = 1
    }

    private let directory: String
    private let executor: BlockingExecutor
    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }
    /// What was stored since the start: the rows that point at it may still be on their way.
    private var fresh: Set<ContentAddress> = []

    package init(directory: String) {
        self.directory = directory
        executor = BlockingExecutor(label: "vault")
    }

    /// At start: makes the directory and removes what a kill left half written.
    package func prepare() throws(VaultFault) {
        do throws(SystemError) {
            try Files.makeDirectory(incoming)
            for name in try Files.list(incoming) { try Files.removeTree("\(incoming)/\(name)") }
        } catch { throw VaultFault(error) }
    }

    package func store(_ bytes: [UInt8]) throws(VaultFault) -> StoredBlob {
        guard bytes.count <= Self.largest,
            let address = ContentAddress(digest: Digest.sha256(bytes))
        else { throw .tooLarge }
        fresh.insert(address)
        // One that is there and whole is kept; a damaged one is healed.
        if let file = try? file(address), (try? Self.content(of: file, address)) != nil {
            do throws(SystemError) {
                // A kill may have come between its rename and this.
                try Files.syncDirectory(Files.parent(of: path(address)))
            } catch { throw VaultFault(error) }
            return StoredBlob(
                address: address, size: ByteCount(bytes.count), storedSize: ByteCount(file.count))
        }
        var file = [Format.plain] + bytes
        if let shorter = Zstandard.compress(bytes), shorter.count < bytes.count {
            file = [Format.zstandard] + shorter
        }
        do throws(SystemError) { try write(file, to: path(address)) } catch {
            throw VaultFault(error)
        }
        return StoredBlob(
            address: address, size: ByteCount(bytes.count), storedSize: ByteCount(file.count))
    }

    package func read(_ address: ContentAddress) throws(VaultFault) -> [UInt8] {
        try Self.content(of: try file(address), address)
    }

    /// Removes a file that no row points at (`BlobStore.forget`).
    /// - Returns: `false` for one that was stored since the start: it stays, because what points at
    ///   it may not be written yet.
    @discardableResult
    package func remove(_ address: ContentAddress) throws(VaultFault) -> Bool {
        guard !fresh.contains(address) else { return false }
        guard unlink(path(address)) == 0 || errno == ENOENT else {
            throw VaultFault(SystemError("remove \(path(address))"))
        }
        return true
    }

    /// Whether it was stored since the start.
    package func isFresh(_ address: ContentAddress) -> Bool { fresh.contains(address) }

    private var incoming: String { "\(directory)/.incoming" }

    private func path(_ address: ContentAddress) -> String {
        "\(directory)/\(address.hex.prefix(2))/\(address.hex)"
    }

    private func file(_ address: ContentAddress) throws(VaultFault) -> [UInt8] {
        do throws(SystemError) {
            return try Files.read(path(address), limit: ByteCount(Self.largest + 1))
        } catch {
            if error.isMissing { throw .missing(address) }
            throw VaultFault(error)
        }
    }

    private static func content(
        of file: [UInt8], _ address: ContentAddress
    ) throws(VaultFault) -> [UInt8] {
        let rest = Array(file.dropFirst())
        let content: [UInt8]? =
            switch file.first {
            case Format.plain: rest
            case Format.zstandard: Zstandard.decompress(rest, limit: largest)
            default: nil
            }
        guard let content, ContentAddress(digest: Digest.sha256(content)) == address else {
            throw .damaged(address)
        }
        return content
    }

    private func write(_ bytes: [UInt8], to path: String) throws(SystemError) {
        let folder = Files.parent(of: path)
        if !Files.isDirectory(folder) {
            try Files.makeDirectory(folder)
            try Files.syncDirectory(directory)
        }
        let name = Randomness.text(count: 16, from: .lowercaseAlphanumerics)
        let temporary = "\(incoming)/\(name)"
        guard
            let file = FileDescriptor(
                owning: open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o400))
        else { throw SystemError("create \(temporary)") }
        do throws(SystemError) {
            try Files.write(bytes, to: file, temporary)
            guard fsync(file.raw) == 0 else { throw SystemError("sync \(temporary)") }
            guard rename(temporary, path) == 0 else { throw SystemError("rename \(temporary)") }
        } catch {
            unlink(temporary)
            throw error
        }
        try Files.syncDirectory(folder)
    }
}
