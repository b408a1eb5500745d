import Basics
package import Domain
package import HTTP
package import Site
package import Store

/// The editor's static files out of the stack that has the device's Node-RED. Only where the very
/// version is installed: scripts of one version and data of another make no editor.
package actor StackEditorFiles: EditorFiles {
    private struct Known {
        let directory: String?
        let until: ContinuousClock.Instant
    }

    private static let memory = Duration.seconds(60)
    private static let capacity = 1_024
    /// Monaco's largest script has 5 MB.
    private static let limit = ByteCount.mebibytes(32)

    private let stacks: StackRegistry
    private let reports: DeviceReportStore
    private var known: [Device.ID: Known] = [:]
    private let executor = BlockingExecutor(label: "editor files")
    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    package init(stacks: StackRegistry, reports: DeviceReportStore) {
        self.stacks = stacks
        self.reports = reports
    }

    package nonisolated func answer(
        _ request: Request, path: String, for device: Device.ID
    ) async -> Response? {
        guard let names = Self.names(path) else { return nil }
        return await read(names, for: device)
    }

    private func read(_ names: [String], for device: Device.ID) async -> Response? {
        guard let directory = await directory(for: device),
            let bytes = try? Files.read(
                ([directory] + names).joined(separator: "/"), limit: Self.limit)
        else { return nil }
        let name = names[names.count - 1]
        return .bytes(
            bytes, type: ContentType.of(path: name),
            // 10 min: a device that gets another Node-RED shows it soon.
            headers: [Header.cacheControl: "private, max-age=600"])
    }

    private func directory(for device: Device.ID) async -> String? {
        let now = ContinuousClock.now
        if let found = known[device], found.until > now { return found.directory }
        var directory: String?
        if let version = try? await reports.find(device)?.nodeREDVersion,
            let all = try? await stacks.list(PageRequest(limit: PageRequest.maximumLimit)),
            let stack = all.items.first(where: { $0.nodeRED == version })
        {
            directory =
                "\(stacks.path(of: stack.id))/node_modules/@node-red/editor-client/public"
        }
        if known.count >= Self.capacity { known.removeAll() }
        known[device] = Known(directory: directory, until: now + Self.memory)
        return directory
    }

    /// Of what stands below `/red/` and `/vendor/`, in plain names: nothing that leads elsewhere.
    static func names(_ path: String) -> [String]? {
        let names = path.prefix { $0 != "?" }.split(
            separator: "/", omittingEmptySubsequences: false
        ).map(String.init)
        guard names.count >= 3, names[0].isEmpty, names[1] == "red" || names[1] == "vendor",
            names.dropFirst().allSatisfy({ name in
                !name.isEmpty && !name.hasPrefix(".") && name.utf8.count <= 128
                    && name.utf8.allSatisfy { letter in
                        (0x30...0x39).contains(letter) || (0x41...0x5A).contains(letter)
                            || (0x61...0x7A).contains(letter)
                            || "-_.".utf8.contains(letter)
                    }
            })
        else { return nil }
        return Array(names.dropFirst())
    }
}
