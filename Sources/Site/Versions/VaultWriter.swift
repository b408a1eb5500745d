package import Basics
package import Domain
import Glibc

/// Takes a content in pieces, from `Vault.writer`. What is not finished is gone when the writer
/// goes. For one caller at a time.
package final class VaultWriter: Sendable {
    private let vault: Vault
    private let number: Int

    init(_ number: Int, of vault: Vault) {
        self.number = number
        self.vault = vault
    }

    deinit {
        let (vault, number) = (vault, number)
        Task { await vault.abandon(number) }
    }

    /// Pieces of any size.
    /// - Throws: `.tooLarge` past the limit, `.full`; nothing more can be appended then.
    package func append(_ bytes: [UInt8]) async throws(VaultFault) {
        try await vault.append(bytes, to: number)
    }

    /// When it returns, the content survives a power cut. Its row is to be written soon
    /// (`BlobStore`): what no row names is removed one day.
    package func finish() async throws(VaultFault) -> StoredBlob {
        try await vault.finish(number)
    }
}

extension Vault {
    /// Stores in pieces: 3 MB of memory, whatever the size.
    /// - Parameter limit: of the content, at most `Vault.largestStream`; past it `append` throws `.tooLarge`.
    package func writer(limit: ByteCount = ByteCount(Vault.largest)) -> VaultWriter {
        draftsBegun += 1
        drafts[draftsBegun] = VaultDraft(on: disk, limit: min(limit, ByteCount(Self.largestStream)))
        return VaultWriter(draftsBegun, of: self)
    }

    /// From where the descriptor stands to the end of the file; the descriptor is closed.
    package nonisolated func store(
        from file: consuming FileDescriptor, limit: ByteCount = ByteCount(Vault.largest)
    ) async throws(VaultFault) -> StoredBlob {
        let writer = await writer(limit: limit)
        while let piece = try await piece(of: file) { try await writer.append(piece) }
        return try await writer.finish()
    }

    private func piece(of file: borrowing FileDescriptor) throws(VaultFault) -> [UInt8]? {
        do throws(SystemError) {
            let piece = try Files.readPiece(file, "what is to be stored")
            return piece.isEmpty ? nil : piece
        } catch { throw VaultFault(error) }
    }

    func append(_ bytes: [UInt8], to number: Int) throws(VaultFault) {
        guard let draft = drafts[number] else { throw .system(Self.ended) }
        let known = draft.list.count
        do throws(VaultFault) { try draft.append(bytes[...]) } catch {
            abandon(number)
            throw error
        }
        mark(draft.list, from: known)
    }

    func finish(_ number: Int) throws(VaultFault) -> StoredBlob {
        guard let draft = drafts[number] else { throw .system(Self.ended) }
        defer { abandon(number) }
        return try keep(draft)
    }

    func abandon(_ number: Int) { drafts.removeValue(forKey: number)?.abandon() }

    /// The most bytes that a writer held at once; for tests.
    func mostHeld(by number: Int) -> Int { drafts[number]?.mostHeld ?? 0 }

    private static var ended: SystemError {
        SystemError("append to what was finished or has failed", code: EBADF)
    }
}
