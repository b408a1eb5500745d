import Basics
import Domain
package import Store

/// Once a day removes from the vault what no row names any more. What cannot be told apart from
/// what is needed, because a list is damaged, stays; an alarm says so until a sweep succeeds.
package struct VaultKeeper: Service {
    private let vault: Vault
    private let stores: Stores
    private let alarms: any SiteAlarmBoard
    private let log = Log("vault")

    package init(vault: Vault, stores: Stores, alarms: any SiteAlarmBoard) {
        self.vault = vault
        self.alarms = alarms
        self.stores = stores
    }

    /// Begins ten minutes after the start, when instances are up.
    package func run() async throws {
        try await Task.sleep(for: .seconds(600))
        while true {
            await round()
            try await Task.sleep(for: .seconds(86_400))
        }
    }

    package func round() async {
        do throws(VersionFault) {
            let removed = try await sweep()
            if removed > 0 { log.info("\(removed) files that nothing needs were removed") }
            if !Task.isCancelled { alarms.clear(.siteVaultGrows) }
        } catch {
            log.warning("nothing was removed from the vault: \(error)")
            alarms.raise(
                .siteVaultGrows,
                "Nothing is removed from the vault, so it grows: \(error) Restore the vault from a "
                    + "backup, or deploy the same once more; look at the disk's health.")
        }
    }

    /// - Returns: files that were removed. Cancelled, it ends before the next directory.
    @discardableResult
    package func sweep() async throws(VersionFault) -> Int {
        try await forget()
        do throws(VersionFault) {
            try await mark()
            var removed = 0
            var figures = VaultFigures()
            for folder in 0..<256 where !Task.isCancelled {
                let (gone, left) = try await VersionFault.vaulted { () throws(VaultFault) in
                    try await vault.sweep(folder: folder)
                }
                removed += gone
                figures.add(left)
            }
            await vault.endSweep()
            if !Task.isCancelled { try await keep(figures) }
            return removed
        } catch {
            await vault.endSweep()
            throw error
        }
    }

    /// Row first: a row without its file would be a version that cannot be read.
    private func forget() async throws(VersionFault) {
        var before: [ContentAddress] = []
        while true {
            let known = before
            let unused = try await VersionFault.stored { () throws(StoreError) in
                let unused = try await stores.blobs.unused()
                guard unused != known else { return [ContentAddress]() }
                for address in unused { _ = try await stores.blobs.forget(address) }
                return unused
            }
            guard !unused.isEmpty else { return }
            before = unused
        }
    }

    private func mark() async throws(VersionFault) {
        try await VersionFault.vaulted { () throws(VaultFault) in try await vault.beginMarking() }
        var last: ContentAddress?
        while true {
            let end = last
            let addresses = try await VersionFault.stored { () throws(StoreError) in
                try await stores.blobs.list(after: end)
            }
            guard let next = addresses.last else { return }
            try await VersionFault.vaulted { () throws(VaultFault) in
                try await vault.mark(addresses)
            }
            last = next
        }
    }

    private func keep(_ figures: VaultFigures) async throws(VersionFault) {
        try await VersionFault.stored { () throws(StoreError) in
            try await stores.settings.setValue(VaultFigures.key, to: figures.text)
        }
    }
}
