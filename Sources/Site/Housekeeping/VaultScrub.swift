package import Basics
package import Domain
package import Store

/// Reads the whole vault, slowly and again and again, and names what is damaged or missing with
/// what it affects. Remembers its place across restarts. What somebody else's read found damaged is
/// looked at within a minute, and so is what was found before: once it is healed the alarm is over.
package actor VaultScrub: Service {
    /// 4 MB/s: a vault of 100 GB in seven hours, a twentieth of what an old disk can.
    package static let defaultRate = ByteCount.mebibytes(4)
    /// From the beginning of a round to the next.
    private static let pause = Duration.seconds(86_400)

    private let vault: Vault
    private let stores: Stores
    private let alarms: any SiteAlarmBoard
    private let clock: @Sendable () -> Timestamp
    private let rate: ByteCount
    private let log = Log("vault")
    private var state = ScrubState()

    /// - Parameter rate: bytes read a second, at most.
    package init(
        vault: Vault, stores: Stores, alarms: any SiteAlarmBoard,
        rate: ByteCount = VaultScrub.defaultRate,
        clock: @escaping @Sendable () -> Timestamp = Timestamp.now
    ) {
        self.vault = vault
        self.stores = stores
        self.alarms = alarms
        self.rate = rate
        self.clock = clock
    }

    /// Begins a minute after the start.
    package func run() async throws {
        try await Task.sleep(for: .seconds(60))
        do throws(StoreError) { try await resume() } catch { log.warning("scrub: \(error)") }
        while true {
            do throws(StoreError) {
                try await recheck()
                try await advance(by: ByteCount(rate.bytes * 60)) { size in
                    let seconds = Double(size.bytes) / Double(max(1, self.rate.bytes))
                    try? await Task.sleep(for: .seconds(seconds))
                }
            } catch { log.warning("the vault was not looked through: \(error)") }
            try await Task.sleep(for: .seconds(state.place == nil ? 60 : 1))
        }
    }

    /// Where the last run stood.
    package func resume() async throws(StoreError) {
        state = ScrubState(text: try await stores.settings.value(ScrubState.key))
        try await tell()
    }

    /// A whole round, from where it stands.
    /// - Returns: everything that is damaged or missing.
    @discardableResult
    package func finishRound() async throws(StoreError) -> Set<ContentAddress> {
        state.startedAt = nil
        repeat { try await advance(by: ByteCount(.max)) { _ in } } while state.place != nil
        return state.damaged
    }

    /// Reads about as many bytes, if a round is due, and keeps the place.
    func advance(
        by budget: ByteCount, _ rest: (ByteCount) async -> Void
    ) async throws(StoreError) {
        if state.place == nil, let startedAt = state.startedAt, clock() < startedAt + Self.pause,
            startedAt <= clock()
        {
            return
        }
        if state.place == nil { state.startedAt = clock() }
        var left = budget.bytes
        var found: [ContentAddress] = []
        var folder = state.place.flatMap { Int($0.hex.prefix(2), radix: 16) } ?? 0
        while folder < 256, left > 0, !Task.isCancelled {
            let prefix = Hex.encode([UInt8(folder)])
            let rows = try await stores.blobs.list(prefix: prefix)
            let files = (try? await vault.files(in: prefix)) ?? [:]
            let names = Set(rows).union(files.keys).sorted { $0.hex < $1.hex }
            for address in names where address.hex > state.place?.hex ?? "" {
                guard left > 0, !Task.isCancelled else { break }
                if let file = await damage(in: address) { found.append(file) }
                let size = ByteCount(files[address] ?? 0)
                left -= size.bytes + 1
                state.place = address
                await rest(size)
            }
            if left > 0 { folder += 1 }
        }
        if folder == 256 {
            state.place = nil
            state.finishedAt = clock()
        }
        try await add(found)
        try await save()
    }

    /// Looks again at what is known to be damaged and at what reads have complained of.
    package func recheck() async throws(StoreError) {
        let before = state
        for address in state.damaged where await damage(in: address) == nil {
            state.damaged.remove(address)
            state.contents[address] = nil
            log.info("\(address) is whole again")
        }
        var found: [ContentAddress] = []
        for address in await vault.takeSuspects() {
            if let file = await damage(in: address) { found.append(file) }
        }
        try await add(found)
        if state != before { try await save() }
    }

    /// The file that is damaged or missing: this one, or a chunk of this list.
    private func damage(in address: ContentAddress) async -> ContentAddress? {
        do throws(VaultFault) {
            try await vault.check(address)
            return nil
        } catch {
            log.error("\(error)")
            return error.file
        }
    }

    private func add(_ found: [ContentAddress]) async throws(StoreError) {
        let new = Set(found).subtracting(state.damaged)
            .prefix(max(0, ScrubState.most - state.damaged.count))
        guard !new.isEmpty else { return }
        let contents = try await contents(with: Set(new))
        for digest in new where contents[digest] != nil {
            state.damaged.insert(digest)
            state.contents[digest] = contents[digest]
        }
    }

    /// The contents that rows name and that one of the files is, or is a part of. A file that is in
    /// none is not here: nothing needs it.
    private func contents(
        with digests: Set<ContentAddress>
    ) async throws(StoreError) -> [ContentAddress: [ContentAddress]] {
        var contents: [ContentAddress: [ContentAddress]] = [:]
        var last: ContentAddress?
        while true {
            let addresses = try await stores.blobs.list(after: last)
            guard let end = addresses.last else { return contents }
            for address in addresses {
                for part in await vault.parts(of: address, among: digests)
                where contents[part, default: []].count < 100 {
                    contents[part, default: []].append(address)
                }
            }
            last = end
        }
    }

    private func save() async throws(StoreError) {
        try await stores.settings.setValue(ScrubState.key, to: state.text)
        try await tell()
    }

    private func tell() async throws(StoreError) {
        guard !state.damaged.isEmpty else { return alarms.clear(.siteVault) }
        var contents: [ContentAddress] = []
        for digest in state.damaged.sorted(by: { $0.hex < $1.hex }) {
            contents += state.contents[digest] ?? []
        }
        let affects = try await stores.blobs.uses(of: Array(Set(contents)))
        let files =
            state.damaged.count == 1
            ? "1 file of the vault is" : "\(state.damaged.count) files of the vault are"
        alarms.raise(
            .siteVault,
            "\(files) damaged or missing. Affected: \(affects.prefix(5).joined(separator: ", "))"
                + "\(affects.count > 5 ? " and more" : ""). Restore the vault from a backup, or "
                + "deploy the same once more; look at the disk's health.")
    }
}
