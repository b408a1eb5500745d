import Basics
package import Domain
package import Store

/// Once a day reads every file of the vault that a row names, raises an alarm where one is damaged
/// or missing, and removes those that nothing names any more.
package struct VaultKeeper: Service {
    private let vault: Vault
    private let blobs: BlobStore
    private let alarms: any SiteAlarmBoard
    private let log = Log("vault")

    package init(vault: Vault, blobs: BlobStore, alarms: any SiteAlarmBoard) {
        self.vault = vault
        self.blobs = blobs
        self.alarms = alarms
    }

    /// Begins ten minutes after the start, when instances are up.
    package func run() async throws {
        try await Task.sleep(for: .seconds(600))
        while true {
            do throws(StoreError) {
                let removed = try await sweep()
                if removed > 0 { log.info("\(removed) files that nothing needs were removed") }
                try await verify()
            } catch { log.warning("the vault was not looked through: \(error)") }
            try await Task.sleep(for: .seconds(86_400))
        }
    }

    /// - Returns: files that were removed.
    @discardableResult
    package func sweep() async throws(StoreError) -> Int {
        var removed = 0
        var before: [ContentAddress] = []
        while true {
            let unused = try await blobs.unused()
            // The same again: what is left was not to be removed.
            guard !unused.isEmpty, unused != before else { return removed }
            before = unused
            for address in unused where await !vault.isFresh(address) {
                // Row first: a row without its file would be a version that cannot be read.
                guard try await blobs.forget(address) else { continue }
                do throws(VaultFault) {
                    if try await vault.remove(address) { removed += 1 }
                } catch { log.warning("\(address) was not removed: \(error)") }
            }
        }
    }

    /// - Returns: files that are damaged or missing.
    @discardableResult
    package func verify() async throws(StoreError) -> [ContentAddress] {
        var bad: [ContentAddress] = []
        var last: ContentAddress?
        while true {
            let addresses = try await blobs.list(after: last)
            guard let end = addresses.last else { break }
            for address in addresses {
                do throws(VaultFault) { _ = try await vault.read(address) } catch {
                    log.error("\(error)")
                    bad.append(address)
                }
                if Task.isCancelled { return bad }
            }
            last = end
        }
        if bad.isEmpty {
            alarms.clear(.siteVault)
        } else {
            let files = bad.count == 1 ? "1 file" : "\(bad.count) files"
            alarms.raise(
                .siteVault,
                "\(files) of the vault cannot be read: restore them from a backup. "
                    + "The log of the appliance names them.")
        }
        return bad
    }
}
