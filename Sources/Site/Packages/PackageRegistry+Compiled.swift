import Basics
import Domain
import Processes

/// A package that runs on some machines only.
struct CompiledPackage: Sendable, Equatable {
    /// `serialport@10.5.0`
    let name: String
    /// As Node.js calls them: `x64`, `arm64`.
    let machines: [String]

    func fits(_ machine: String) -> Bool { machines.contains(machine) }

    var text: String { "\(name) is compiled for \(machines.joined(separator: " and "))" }
}

extension PackageRegistry {
    /// What npm compiles nothing of, because it was compiled where it was installed first: of
    /// `modules` and of all that comes with them. Which version of a dependency npm takes is its
    /// own affair: one counts only if all that there are here are compiled.
    func compiled(
        _ modules: [NodeModule], for reader: PackageReader
    ) async -> [CompiledPackage] {
        let shelf = await shelf(for: reader)
        var found: [CompiledPackage] = []
        var seen: Set<PackageName> = []
        var waiting = modules.compactMap { module -> (PackageName, String?)? in
            guard let name = PackageName(module.name), module.name != "node-red" else { return nil }
            return (name, SemanticVersion(module.version) == nil ? nil : module.version)
        }
        while let (name, version) = waiting.popLast(), seen.count < Self.mostOfInstance {
            guard seen.insert(name).inserted else { continue }
            let copies = shelf.versions(of: name)
            let taken = copies.filter { version == nil || $0.version == version }
            let tarballs = taken.compactMap(PackageTarball.init)
            for tarball in tarballs {
                for (needed, isOptional) in tarball.manifest.needs where needed.text != "node-red" {
                    // Of those npm leaves out what is for another machine.
                    if isOptional,
                        shelf.versions(of: needed).contains(where: { Self.namesMachine($0) })
                    {
                        continue
                    }
                    waiting.append((needed, nil))
                }
            }
            let machines = tarballs.map { $0.machines }
            guard let last = taken.last, !machines.isEmpty, machines.allSatisfy({ !$0.isEmpty })
            else { continue }
            let all = machines.reduce(into: Set<String>()) { $0.formUnion($1) }
            found.append(
                CompiledPackage(name: "\(name.text)@\(last.version)", machines: all.sorted()))
        }
        return found.sorted { $0.name < $1.name }
    }

    private static func namesMachine(_ copy: PackageCopy) -> Bool {
        PackageManifest.read(root: copy.root, copy.directory)?.object["cpu"] != nil
    }
}

extension PackageManifest {
    /// What npm installs with it.
    fileprivate var needs: [(name: PackageName, isOptional: Bool)] {
        ["dependencies", "peerDependencies", "optionalDependencies"].flatMap { key in
            (object[key]?.object?.members ?? []).compactMap { member in
                PackageName(member.key).map { ($0, key == "optionalDependencies") }
            }
        }
    }
}

extension PackageTarball {
    /// What its compiled modules for Linux are built for; none where it has none.
    fileprivate var machines: Set<String> {
        guard let root = try? HostileDirectory(copy.root) else { return [] }
        var machines: Set<String> = []
        for file in files where file.path.hasSuffix(".node") {
            let path = "\(copy.directory)/\(file.path)"
            guard let opened = try? root.open(path) else { continue }
            guard let head = try? opened.read(at: 0, count: 20, path),
                let machine = ELFHeader.architecture(ofFirst: head)
            else { continue }
            machines.insert(ArtifactKeeper.node(machine))
        }
        return machines
    }
}
