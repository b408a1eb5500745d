package import Basics
package import Domain
package import HTTP
package import Store

/// What people do in the files areas of instances, beside what their flows do there: list, read,
/// upload, move, remove. Each change leaves an audit event.
package actor FilesKeeper {
    /// What the disk keeps for databases and deploys: an upload never takes it.
    package static let reservedSpace: Int64 = 64 << 20
    /// A count is good for so long where nothing was changed through here.
    private static let memory = Duration.seconds(5)

    private let state: String
    private let stores: Stores
    private let book: FileUsageBook
    private let bus: EventBus?
    private let freeSpace: @Sendable (String) -> UInt64
    private let log = Log("files")
    private let executor = BlockingExecutor(label: "files")
    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }
    private var counted: [Instance.ID: ContinuousClock.Instant] = [:]
    /// Bytes promised to uploads under way, by their names in the passage.
    private var promised: [Instance.ID: [String: Int64]] = [:]

    /// - Parameters:
    ///   - state: the state directory.
    ///   - bus: learns of each change on the topic `instance/<id>/files`.
    package init(
        state: String, stores: Stores, book: FileUsageBook = FileUsageBook(),
        bus: EventBus? = nil,
        freeSpace: @escaping @Sendable (String) -> UInt64 = StartPreparation.freeSpace
    ) {
        self.state = state
        self.stores = stores
        self.book = book
        self.bus = bus
        self.freeSpace = freeSpace
    }

    /// At start: removes what a kill left of uploads and removals.
    package func prepare() throws(SystemError) {
        for name in try Files.list("\(state)/instances") {
            guard let id = Instance.ID(name) else { continue }
            do throws(SystemError) { try area(id).clean() } catch {
                log.warning("leftovers of \(name) were not removed: \(error)")
            }
        }
    }

    package nonisolated func area(_ id: Instance.ID) -> FileArea {
        FileArea(InstanceLayout(state: state, id))
    }

    // MARK: Reading

    package func list(
        _ path: FilePath, of id: Instance.ID, _ request: PageRequest
    ) throws(FileFault) -> FileListing {
        try area(id).list(path, request)
    }

    package func open(_ path: FilePath, of id: Instance.ID) throws(FileFault) -> OpenedFile {
        guard !path.isRoot else { throw .isFolder(path) }
        return try area(id).open(path)
    }

    package func isFolder(_ path: FilePath, of id: Instance.ID) throws(FileFault) -> Bool {
        try area(id).isFolder(path)
    }

    package func item(_ path: FilePath, of id: Instance.ID) throws(FileFault) -> FileItem {
        try area(id).item(path)
    }

    /// - Parameter fresh: counts now, whatever is known.
    package func usage(of id: Instance.ID, fresh: Bool = false) -> FileUsage {
        let now = ContinuousClock.now
        if !fresh, let at = counted[id], now - at < Self.memory, let known = book.usage(of: id) {
            return known
        }
        let usage = area(id).usage()
        book.note(usage, of: id)
        if counted.count > 4_096 { counted.removeAll() }
        counted[id] = now
        return usage
    }

    // MARK: Changing

    /// When a file may be put where it is wanted.
    package enum Condition: Sendable, Equatable {
        case always
        /// Nothing is there yet.
        case new
        /// The file that is there is this one.
        case matching(etag: String)
    }

    /// - Returns: the file as it stands there, and whether it is new.
    package func upload(
        _ body: RequestBody, to path: FilePath, of instance: Instance,
        _ condition: Condition = .always, by actor: Actor
    ) async throws(FileFault) -> (item: FileItem, isNew: Bool) {
        let area = area(instance.id)
        try area.prepare()
        guard try area.isFolder(path.parent) else { throw .notFolder(path.parent) }
        let former = try check(condition, at: path, in: area)
        let name = FileArea.passageName()
        let upload = FileUpload("\(area.layout.passage)/\(name)")
        defer { release(name, of: instance.id) }
        let size = try await upload.take(body) { [self] (bytes) async throws(FileFault) in
            try await promise(bytes, to: name, of: instance, replacing: former?.size ?? 0)
        }
        do throws(FileFault) {
            let replaced = try check(condition, at: path, in: area)
            try await record(
                replaced == nil ? "uploaded" : "replaced", path, of: instance, size: size,
                by: actor)
            try area.place(name, at: path, replacing: condition != .new)
            changed(instance.id)
            return (try area.item(path), replaced == nil)
        } catch {
            await upload.discard()
            if condition == .new, case .exists = error { throw .precondition(path) }
            throw error
        }
    }

    package func makeFolder(
        _ path: FilePath, of instance: Instance, by actor: Actor
    ) async throws(FileFault) -> FileItem {
        let area = area(instance.id)
        if (try? area.item(path)) != nil { throw .exists(path) }
        try await record("folder-created", path, of: instance, by: actor)
        try area.makeFolder(path)
        changed(instance.id)
        return try area.item(path)
    }

    package func move(
        _ path: FilePath, to target: FilePath, of instance: Instance, by actor: Actor
    ) async throws(FileFault) -> FileItem {
        let area = area(instance.id)
        let item = try area.item(path)
        if (try? area.item(target)) != nil { throw .exists(target) }
        guard !target.isInside(path) else { throw .intoItself(path) }
        guard try area.isFolder(target.parent) else { throw .notFolder(target.parent) }
        try await record("moved", path, of: instance, size: item.size, to: target, by: actor)
        try area.move(path, to: target)
        changed(instance.id)
        return try area.item(target)
    }

    /// A file, a link, or a folder with all that is in it.
    package func remove(
        _ path: FilePath, of instance: Instance, by actor: Actor
    ) async throws(FileFault) {
        let area = area(instance.id)
        let item = try area.item(path)
        try await record("removed", path, of: instance, size: item.size, by: actor)
        let detached = try area.detach(path)
        changed(instance.id)
        do throws(SystemError) { try FileArea.discard(detached) } catch {
            // It is out of the area; the rest goes at the next start.
            log.warning("not all of a removed folder is gone yet: \(error)")
        }
    }

    // MARK: Parts

    private func changed(_ id: Instance.ID) {
        counted[id] = nil
        bus?.publish("instance/\(id)/files") {
            var json = JSONWriter()
            json.object { json in json.field("id", id) }
            return json.bytes
        }
    }

    private func check(
        _ condition: Condition, at path: FilePath, in area: FileArea
    ) throws(FileFault) -> FileItem? {
        var former: FileItem?
        do throws(FileFault) { former = try area.item(path) } catch .notFound {}
        if former?.kind == .folder { throw .isFolder(path) }
        switch condition {
        case .always: break
        case .new: guard former == nil else { throw .precondition(path) }
        case .matching(let etag):
            guard former?.etag == etag else { throw .precondition(path) }
        }
        return former
    }

    private func promise(
        _ bytes: Int64, to upload: String, of instance: Instance, replacing former: Int64
    ) throws(FileFault) {
        let used = usage(of: instance.id).bytes
        let quota = Int64(instance.settings.filesQuotaMB) << 20
        let waiting = (promised[instance.id] ?? [:]).values.reduce(0, +)
        let (sum, overflow) = (max(0, used - former) + waiting).addingReportingOverflow(bytes)
        guard bytes == 0 || !overflow && sum <= quota else {
            throw .quota(used: used, quota: quota, wanted: bytes)
        }
        let free = Int64(clamping: freeSpace(area(instance.id).layout.root))
        guard free - Self.reservedSpace >= bytes else { throw .full }
        promised[instance.id, default: [:]][upload, default: 0] += bytes
    }

    private func release(_ upload: String, of id: Instance.ID) {
        promised[id]?[upload] = nil
        if promised[id]?.isEmpty == true { promised[id] = nil }
    }

    /// Before the change itself: what stands here was about to be done, and nothing is done that
    /// does not stand here.
    private func record(
        _ verb: String, _ path: FilePath, of instance: Instance, size: Int64? = nil,
        to target: FilePath? = nil, by actor: Actor
    ) async throws(FileFault) {
        var changes = AuditChanges()
        changes.compare("path", nil, path.text)
        changes.compare("to", nil, target?.text)
        changes.compare("size", nil, size.map { Int(clamping: $0) })
        let words = verb == "folder-created" ? "created as a folder" : verb
        let end = target.map { " to “\($0)”" } ?? ""
        let event = AuditEvent(
            kind: "files.\(verb)", object: instance.reference, teamID: instance.teamID,
            after: changes.after,
            text: "“\(path)” of instance “\(instance.name)” \(words)\(end)")
        do throws(StoreError) { try await stores.audit.record(event, by: actor) } catch {
            throw .store(error)
        }
    }
}
