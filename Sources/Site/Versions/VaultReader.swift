import Basics
package import Domain

/// A content of the vault in pieces, from `Vault.open`. Works on the vault's own thread, a piece at
/// a time, so that others get their turns.
package actor VaultReader {
    private let vault: Vault
    private let address: ContentAddress
    private var content: VaultContent?
    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        vault.executor.asUnownedSerialExecutor()
    }

    init(_ address: ContentAddress, of vault: Vault) {
        self.address = address
        self.vault = vault
    }

    func begin() async throws(VaultFault) {
        do throws(VaultFault) { content = try VaultContent(address, on: vault.disk) } catch {
            await vault.suspect(error)
            throw error
        }
    }

    /// The next piece, at most 1 MB; `nil` at the end. Each chunk was checked; whether the whole is
    /// what was asked for is known only when `nil` comes. Do not go on after an error.
    package func next() async throws(VaultFault) -> [UInt8]? {
        do throws(VaultFault) { return try content?.next() } catch {
            await vault.suspect(error)
            throw error
        }
    }
}

extension Vault {
    /// Reads in pieces: 2 MB of memory, whatever the size.
    /// - Throws: `.missing`, or `.damaged` where the beginning shows it already.
    package nonisolated func open(
        _ address: ContentAddress
    ) async throws(VaultFault) -> VaultReader {
        let reader = VaultReader(address, of: self)
        try await reader.begin()
        return reader
    }
}
