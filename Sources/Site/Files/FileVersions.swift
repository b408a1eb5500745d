import Basics
package import Domain
import Processes
package import Store

/// Keeps the files area of an instance as a part of its versions, and puts it back.
package actor FileVersions {
    /// The list, and what it names, for the row of the version.
    package struct Kept: Sendable {
        package let list: StoredBlob
        package let contents: [StoredBlob]
    }

    private static let piece = 256 << 10
    /// A file that changes each time it is read is kept as it was read last.
    private static let tries = 3

    let state: String
    let vault: Vault
    let stores: Stores
    let log = Log("files")
    private let executor = BlockingExecutor(label: "file-versions")
    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }
    /// What is known of the files that were kept last.
    private var memory: [Instance.ID: [FilePath: (entry: HostileEntry, blob: StoredBlob)]] = [:]

    /// - Parameter state: the state directory.
    package init(state: String, vault: Vault, stores: Stores) {
        self.state = state
        self.vault = vault
        self.stores = stores
    }

    func area(_ id: Instance.ID) -> FileArea { FileArea(InstanceLayout(state: state, id)) }

    /// Stores what is new in the area. What has neither changed its content nor its times since it
    /// was kept last is not read again, as long as the vault has it still.
    package func keep(_ instance: Instance) async throws(VaultFault) -> Kept {
        let area = area(instance.id)
        let known = memory[instance.id] ?? [:]
        var found: [(path: FilePath, entry: HostileEntry)] = []
        var isComplete = area.walk { path, entry in
            if found.count < FileList.mostFiles { found.append((path, entry)) }
        }
        if found.count == FileList.mostFiles { isComplete = false }
        found.sort { $0.path.text.utf8.lexicographicallyPrecedes($1.path.text.utf8) }
        var draft = Draft(quota: Int64(instance.settings.filesQuotaMB) << 20)
        for (path, entry) in found {
            if let reason = draft.refusal(entry) {
                draft.skip(path, entry, reason)
            } else if let same = known[path], same.entry.isUnchanged(since: entry),
                await vault.renew(same.blob.address)
            {
                draft.add(path, entry, same.blob, isSettled: true)
            } else {
                try await read(path, in: area, into: &draft)
            }
        }
        if !isComplete {
            log.warning("not all files of \(instance.name) belong to its version: too many")
        }
        let list = try await vault.store(FileList(draft.entries).json)
        memory[instance.id] = draft.settled
        return Kept(list: list, contents: Array(draft.contents.values))
    }

    /// What comes together for one version.
    private struct Draft {
        let quota: Int64
        var entries: [FileList.Entry] = []
        var contents: [ContentAddress: StoredBlob] = [:]
        var settled: [FilePath: (entry: HostileEntry, blob: StoredBlob)] = [:]
        var total: Int64 = 0

        func refusal(_ entry: HostileEntry) -> String? {
            if entry.links > 1 { return "it has a second name elsewhere" }
            if entry.size > FileList.largestFile.bytes {
                return "it is larger than \(FileList.largestFile.bytes >> 20) MB"
            }
            if entry.size > quota - total { return "the files area is over its quota" }
            return nil
        }

        mutating func skip(_ path: FilePath, _ entry: HostileEntry, _ reason: String) {
            entries.append(
                FileList.Entry(
                    path: path, size: entry.size, digest: nil, modifiedAt: entry.modifiedAt,
                    reason: reason))
        }

        mutating func add(
            _ path: FilePath, _ entry: HostileEntry, _ blob: StoredBlob, isSettled: Bool
        ) {
            entries.append(
                FileList.Entry(
                    path: path, size: Int64(blob.size.bytes), digest: blob.address,
                    modifiedAt: entry.modifiedAt))
            contents[blob.address] = blob
            total += Int64(blob.size.bytes)
            if isSettled { settled[path] = (entry, blob) }
        }
    }

    private func read(
        _ path: FilePath, in area: FileArea, into draft: inout Draft
    ) async throws(VaultFault) {
        for attempt in 1...Self.tries {
            // What is gone, or has become something else, does not belong to the version.
            guard let file = try? area.open(path) else { return }
            let blob: StoredBlob
            do throws(VaultFault) { blob = try await store(file) } catch .tooLarge {
                return draft.skip(path, file.entry, "it grew while it was read")
            }
            guard let now = try? await file.current() else { return }
            let isSettled = now.isUnchanged(since: file.entry)
            if isSettled || attempt == Self.tries {
                return draft.add(path, file.entry, blob, isSettled: isSettled)
            }
        }
    }

    private func store(_ file: OpenedFile) async throws(VaultFault) -> StoredBlob {
        let writer = await vault.writer(limit: FileList.largestFile)
        var offset: Int64 = 0
        while true {
            let bytes: [UInt8]
            do throws(SystemError) {
                bytes = try await file.read(at: offset, count: Self.piece)
            } catch { throw .system(error) }
            guard !bytes.isEmpty else { return try await writer.finish() }
            try await writer.append(bytes)
            offset += Int64(bytes.count)
        }
    }

    /// One content that a list names.
    package nonisolated func reader(
        of address: ContentAddress
    ) async throws(VaultFault) -> VaultReader {
        try await vault.open(address)
    }

    /// The list of a version or a snapshot.
    package func list(_ address: ContentAddress) async throws(VaultFault) -> FileList {
        guard let list = FileList(try await vault.read(address)) else { throw .damaged(address) }
        return list
    }
}
