import Basics
package import Domain

/// What a snapshot for `lineside agent` is made of.
package struct AgentManifest: Sendable, Equatable {
    package struct Tree: Sendable, Equatable {
        package var digest: ContentAddress
        package var nodeRED: String?
        package var node: String?
        package var architecture: String?
        /// Unpacked, in bytes; 0 where it is not said.
        package var size: Int64 = 0
    }

    static let format = "lineside-device-snapshot/1"
    static let limit = ByteCount.mebibytes(1)

    /// Text of flows.json.
    package var flows: ContentAddress
    /// Node-RED itself; `nil`: the practice runtime.
    package var stack: Tree?
    /// What was installed into the instance.
    package var modules: Tree?
    package var packages: [NodeModule]

    package init(
        flows: ContentAddress, stack: Tree?, modules: Tree?, packages: [NodeModule] = []
    ) {
        self.flows = flows
        self.stack = stack
        self.modules = modules
        self.packages = packages
    }

    /// What of it cannot run on such a machine, as the first half of a sentence.
    package func misfit(on machine: String) -> String? {
        if let built = stack?.architecture, !Artifact.fits(built, on: machine) {
            return "The stack is built for \(built)"
        }
        if let built = modules?.architecture, !Artifact.fits(built, on: machine) {
            return "A node package is built for \(built)"
        }
        return nil
    }

    /// - Throws: one sentence.
    package init(_ bytes: [UInt8]) throws(AgentProtocolFault) {
        guard
            let object = try? JSONReader.read(bytes, limit: Self.limit.bytes, values: 20_000)
                .object, object["format"]?.string == Self.format
        else { throw AgentProtocolFault("the snapshot's manifest is none that is known here") }
        guard
            let flows = object["flows"]?["digest"]?.string.flatMap(ContentAddress.init(hex:))
        else { throw AgentProtocolFault("the snapshot's manifest names no flows") }
        self.flows = flows
        for tree in object["trees"]?.array ?? [] {
            guard let name = tree["name"]?.string,
                let digest = tree["digest"]?.string.flatMap(ContentAddress.init(hex:))
            else { throw AgentProtocolFault("the snapshot's manifest has a wrong tree") }
            let read = Tree(
                digest: digest, nodeRED: tree["nodeRED"]?.string, node: tree["node"]?.string,
                architecture: tree["architecture"]?.string, size: tree["size"]?.int ?? 0)
            switch name {
            case "stack": stack = read
            case "modules": modules = read
            // Of a later appliance.
            default: break
            }
        }
        packages = (object["modules"]?.array ?? []).prefix(1000).compactMap { module in
            module["name"]?.string.map {
                NodeModule(name: $0, version: module["version"]?.string ?? "")
            }
        }
    }

    /// All that must be in the vault.
    package var contents: [ContentAddress] {
        [flows] + [stack?.digest, modules?.digest].compactMap(\.self)
    }
}
