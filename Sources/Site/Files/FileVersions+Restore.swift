import Basics
package import Domain
import Glibc
import HTTP
import Processes
import Store

/// Back into the area.
extension FileVersions {
    package struct Outcome: Sendable, Equatable {
        package var restored: Int
        package var removed: Int
    }

    package enum Fault: Error, Sendable, Equatable {
        case vault(VersionFault)
        case file(FileFault)
    }

    /// Reads all that is needed before it changes anything, then puts each file in its place whole.
    /// A kill in between leaves some of them as they were.
    /// - Parameter removesOthers: what is no part of the list goes; else it stays.
    package func restore(
        _ address: ContentAddress, to instance: Instance, removesOthers: Bool, by actor: Actor
    ) async throws(Fault) -> Outcome {
        let area = area(instance.id)
        let list = try await vaulted(address) { () async throws(VaultFault) -> FileList in
            try await self.list(address)
        }
        try check(list, instance, removesOthers: removesOthers)
        try filed { () throws(FileFault) -> Void in try area.prepare() }
        var waiting: [(entry: FileList.Entry, name: String)] = []
        defer { for file in waiting { unlink("\(area.layout.passage)/\(file.name)") } }
        for entry in list.kept {
            let name = FileArea.passageName()
            waiting.append((entry, name))
            try await fetch(entry, into: "\(area.layout.passage)/\(name)")
        }
        try filed { () throws(FileFault) -> Void in try area.sync() }
        try await record(list.kept.count, instance, by: actor)
        var outcome = Outcome(restored: 0, removed: 0)
        if removesOthers {
            outcome.removed = try removeOthers(than: list, in: area)
        }
        for (entry, name) in waiting {
            try filed { () throws(FileFault) -> Void in
                if !entry.path.parent.isRoot, (try? area.isFolder(entry.path.parent)) != true {
                    try area.makeFolder(entry.path.parent)
                }
                try area.place(name, at: entry.path, replacing: true)
            }
            outcome.restored += 1
        }
        return outcome
    }

    private func check(
        _ list: FileList, _ instance: Instance, removesOthers: Bool
    ) throws(Fault) {
        let quota = Int64(instance.settings.filesQuotaMB) << 20
        let size = list.size
        let replaced = Set(list.kept.map(\.path.names))
        let named = Set(list.entries.map(\.path.names))
        var (used, staying): (Int64, Int64) = (0, 0)
        _ = area(instance.id).walk { path, entry in
            used += entry.size
            let goes =
                replaced.contains(path.names)
                || (removesOthers && !named.contains(path.names))
            if !goes { staying += entry.size }
        }
        let (sum, overflow) = staying.addingReportingOverflow(size)
        guard !overflow, sum <= quota else {
            throw .file(.quota(used: used, quota: quota, wanted: size))
        }
        let free = Int64(clamping: StartPreparation.freeSpace(state))
        guard free - FilesKeeper.reservedSpace >= size else { throw .file(.full) }
    }

    private func fetch(_ entry: FileList.Entry, into path: String) async throws(Fault) {
        guard let digest = entry.digest else { return }
        let reader = try await vaulted(digest) { () async throws(VaultFault) -> VaultReader in
            try await vault.open(digest)
        }
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC
        guard let file = FileDescriptor(owning: open(path, flags, 0o600)) else {
            throw .file(FileFault(SystemError("create \(path)"), entry.path))
        }
        while let bytes = try await vaulted(
            digest,
            { () async throws(VaultFault) -> [UInt8]? in
                try await reader.next()
            })
        {
            do throws(SystemError) { try Files.write(bytes, to: file, path) } catch {
                throw .file(FileFault(error, entry.path))
            }
        }
        let seconds = entry.modifiedAt.milliseconds / 1000
        let rest = entry.modifiedAt.milliseconds % 1000
        let time = timespec(tv_sec: Int(seconds), tv_nsec: Int(max(0, rest)) * 1_000_000)
        guard fchmod(file.raw, 0o660) == 0, futimens(file.raw, [time, time]) == 0 else {
            throw .file(FileFault(SystemError("write \(path)"), entry.path))
        }
    }

    private func removeOthers(than list: FileList, in area: FileArea) throws(Fault) -> Int {
        // What was there and could not be kept is no reason to lose it.
        let named = Set(list.entries.map(\.path.names))
        var others: [FilePath] = []
        _ = area.walk { path, _ in if !named.contains(path.names) { others.append(path) } }
        var removed = 0
        for path in others {
            try filed { () throws(FileFault) -> Void in
                do throws(FileFault) {
                    let aside = try area.detach(path)
                    try? FileArea.discard(aside)
                    removed += 1
                } catch .notFound {}
            }
        }
        return removed
    }

    private func record(_ count: Int, _ instance: Instance, by actor: Actor) async throws(Fault) {
        var changes = AuditChanges()
        changes.compare("files", nil, count)
        let event = AuditEvent(
            kind: "files.restored", object: instance.reference, teamID: instance.teamID,
            after: changes.after, text: "\(count) files of instance “\(instance.name)” restored")
        do throws(StoreError) { try await stores.audit.record(event, by: actor) } catch {
            throw .file(.store(error))
        }
    }

    private func vaulted<Value>(
        _ content: ContentAddress, _ body: () async throws(VaultFault) -> Value
    ) async throws(Fault) -> Value {
        do throws(VaultFault) { return try await body() } catch {
            throw .vault(await named(error, of: content))
        }
    }

    /// With what cannot be read for it.
    package func named(_ fault: VaultFault, of content: ContentAddress) async -> VersionFault {
        guard fault.file != nil else { return .vault(fault) }
        return .lost(fault, affects: (try? await stores.blobs.uses(of: [content])) ?? [])
    }

    private func filed<Value>(_ body: () throws(FileFault) -> Value) throws(Fault) -> Value {
        do throws(FileFault) { return try body() } catch { throw .file(error) }
    }
}
