package import Basics
package import Domain
import Glibc
package import Processes
package import Store

/// The files area of one instance: `<instance>/user/files`, in which its flows do what they like.
/// Every step goes through `HostileDirectory`; every walk has a bound. Blocks: for a
/// `BlockingExecutor` only.
package struct FileArea: Sendable {
    /// Names of one folder that a listing looks at.
    package static let longestListing = 100_000
    /// Things that a count looks at, in all folders together.
    package static let largestWalk = 200_000

    package let layout: InstanceLayout

    package init(_ layout: InstanceLayout) { self.layout = layout }

    // MARK: Reading

    package func list(
        _ path: FilePath, _ request: PageRequest
    ) throws(FileFault) -> FileListing {
        if path.isRoot, !isThere {
            return FileListing(items: [], count: 0, next: nil, unlisted: 0, isComplete: true)
        }
        let folder = try self.folder(path)
        var window = FileWindow(request)
        let isComplete = try attempt(path) { () throws(SystemError) in
            try folder.forEachName(limit: Self.longestListing) { name, kind in
                window.add(name, isFolder: kind == .folder)
            }
        }
        var items: [FileItem] = []
        let page = window.page
        for key in page.keys {
            // What went away meanwhile is not there.
            guard let entry = try? folder.entry(key.name) else { continue }
            items.append(FileItem(path.appending(key.name), entry))
        }
        return FileListing(
            items: items, count: window.count, next: page.hasMore ? page.keys.last?.cursor : nil,
            unlisted: window.unlisted, isComplete: isComplete)
    }

    package func item(_ path: FilePath) throws(FileFault) -> FileItem {
        guard let name = path.name else { throw .isFolder(path) }
        let parent = try folder(path.parent)
        return try attempt(path) { () throws(SystemError) in
            FileItem(path, try parent.entry(name))
        }
    }

    /// The area itself is one, even before it is there.
    package func isFolder(_ path: FilePath) throws(FileFault) -> Bool {
        path.isRoot ? true : try item(path).kind == .folder
    }

    package func open(_ path: FilePath) throws(FileFault) -> OpenedFile {
        let area = try folder(.root)
        do throws(SystemError) {
            let file = try area.open(path.text)
            return OpenedFile(path, try HostileEntry(file, path.text), file)
        } catch {
            if error.code == EINVAL, (try? isFolder(path)) == true { throw .isFolder(path) }
            throw FileFault(error, path)
        }
    }

    package func usage() -> FileUsage {
        var usage = FileUsage()
        usage.isComplete = walk { _, entry in
            usage.add(entry.size)
        } folder: {
            usage.folders += 1
        }
        return usage
    }

    /// Every plain file, folder by folder, in no order; links and what is no UTF-8 are left out.
    /// - Returns: whether that was all.
    package func walk(
        _ file: (FilePath, HostileEntry) -> Void, folder: () -> Void = {}
    ) -> Bool {
        guard let area = try? self.folder(.root) else { return true }
        var left = Self.largestWalk
        var isComplete = true
        func step(_ directory: borrowing HostileDirectory, _ path: FilePath) {
            var folders: [String] = []
            var files: [String] = []
            let all = try? directory.forEachName(limit: left) { name, kind in
                left -= 1
                guard let name else { return }
                switch kind {
                case .file: files.append(name)
                case .folder: folders.append(name)
                case .other: break
                }
            }
            if all != true { isComplete = false }
            for name in files {
                guard let entry = try? directory.entry(name), entry.kind == .file else { continue }
                file(path.appending(name), entry)
            }
            for name in folders {
                folder()
                guard path.names.count < FilePath.deepest else {
                    isComplete = false
                    continue
                }
                guard let below = try? directory.directory(name) else { continue }
                step(below, path.appending(name))
            }
        }
        step(area, .root)
        return isComplete
    }

    // MARK: Changing

    /// The directories that uploads and removals pass through are ours, not the instance's.
    package func prepare() throws(FileFault) {
        try attempt(.root) { () throws(SystemError) in
            try layout.makeDirectories()
            try Files.makeDirectory(layout.passage)
        }
    }

    /// Makes it and what is missing above it.
    package func makeFolder(_ path: FilePath) throws(FileFault) {
        try prepare()
        var current = try folder(.root)
        for (index, name) in path.names.enumerated() {
            let isLast = index == path.names.count - 1
            do throws(SystemError) { try current.makeDirectory(name) } catch {
                guard error.code == EEXIST, !isLast else { throw FileFault(error, path) }
            }
            current = try attempt(path) { () throws(SystemError) in try current.directory(name) }
        }
    }

    /// Puts a whole file of ours, synced, in its place.
    /// - Parameter name: in the passage.
    package func place(
        _ name: String, at path: FilePath, replacing: Bool
    ) throws(FileFault) {
        guard let target = path.name else { throw .isFolder(path) }
        let parent = try folder(path.parent)
        if replacing, (try? parent.entry(target).kind) == .folder { throw .isFolder(path) }
        try attempt(path) { () throws(SystemError) in
            try HostileDirectory(layout.passage)
                .move(name, to: parent, as: target, replacing: replacing)
        }
    }

    package func move(_ path: FilePath, to target: FilePath) throws(FileFault) {
        guard let name = path.name, let newName = target.name else { throw .isFolder(.root) }
        guard !target.isInside(path) else { throw .intoItself(path) }
        let from = try folder(path.parent)
        let to = try folder(target.parent)
        _ = try attempt(path) { () throws(SystemError) in try from.entry(name) }
        try attempt(target) { () throws(SystemError) in
            try Self.forcing(name, in: from) { () throws(SystemError) in
                try from.move(name, to: to, as: newName, replacing: false)
            }
        }
    }

    /// Takes it out of the area in one step.
    /// - Returns: where it lies now; `discard` removes it from there.
    package func detach(_ path: FilePath) throws(FileFault) -> String {
        guard let name = path.name else { throw .isFolder(path) }
        try prepare()
        let parent = try folder(path.parent)
        let aside = Self.passageName()
        try attempt(path) { () throws(SystemError) in
            let passage = try HostileDirectory(layout.passage)
            try Self.forcing(name, in: parent) { () throws(SystemError) in
                try parent.move(name, to: passage, as: aside, replacing: false)
            }
        }
        return "\(layout.passage)/\(aside)"
    }

    /// A tree that was detached, however deep. What a kill leaves goes with the next `clean`.
    package static func discard(_ detached: String) throws(SystemError) {
        try Files.removeTree(detached)
    }

    /// At start: removes what a kill left of uploads and removals.
    package func clean() throws(SystemError) { try Files.removeTree(layout.passage) }

    package static func passageName() -> String {
        Randomness.text(count: 20, from: .lowercaseAlphanumerics)
    }

    /// Everything that was written in the passage is on the disk then.
    package func sync() throws(FileFault) {
        try attempt(.root) { () throws(SystemError) in
            try HostileDirectory(layout.passage).syncFileSystem()
        }
    }

    // MARK: Parts

    /// Before the first start there is none.
    private var isThere: Bool {
        (try? HostileDirectory(layout.user).entry(InstanceLayout.filesName)) != nil
    }

    /// A folder that moves to another one has its `..` changed, so it must be writable itself.
    private static func forcing(
        _ name: String, in parent: borrowing HostileDirectory,
        _ body: () throws(SystemError) -> Void
    ) throws(SystemError) {
        do throws(SystemError) { try body() } catch {
            guard error.code == EACCES, (try? parent.makeWritable(name)) != nil else {
                throw error
            }
            try body()
        }
    }

    package func folder(_ path: FilePath) throws(FileFault) -> HostileDirectory {
        try attempt(path) { () throws(SystemError) in
            try HostileDirectory(layout.user)
                .directory(([InstanceLayout.filesName] + path.names).joined(separator: "/"))
        }
    }

    private func attempt<Value: ~Copyable>(
        _ path: FilePath, _ body: () throws(SystemError) -> Value
    ) throws(FileFault) -> Value {
        do throws(SystemError) { return try body() } catch { throw FileFault(error, path) }
    }
}
