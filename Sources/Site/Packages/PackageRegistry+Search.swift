import Basics
import Domain

/// What is found without knowing its name.
extension PackageRegistry {
    /// - Parameters:
    ///   - text: letters that name, description or a keyword must hold; empty for all.
    ///   - size: at most 250.
    package func search(
        _ text: String, size: Int, from: Int, for reader: PackageReader
    ) async -> Document {
        let words = text.lowercased().split(separator: " ").map(String.init)
        let shelf = await shelf(for: reader)
        var found: [PackageManifest] = []
        for name in shelf.packages.keys.sorted() {
            guard let latest = PackageShelf.latest(among: shelf.versions(of: name)),
                let manifest = Self.manifest(of: latest)
            else { continue }
            let searched = Self.searched(manifest)
            if words.allSatisfy({ searched.contains($0) }) { found.append(manifest) }
        }
        var json = JSONWriter()
        json.object { json in
            json.array("objects") { json in
                for manifest in found.dropFirst(max(0, from)).prefix(min(max(size, 0), 250)) {
                    Self.write(found: manifest, to: &json)
                }
            }
            json.field("total", found.count)
            json.field("time", Self.modified)
        }
        return Document(json.bytes)
    }

    /// For the editor's palette manager: packages of the stacks that bring nodes and are no part of
    /// Node-RED.
    package func catalogue() async -> Document {
        let shelf = await shelf(for: .stacksOnly)
        var json = JSONWriter()
        json.object { json in
            json.field("name", Product.name)
            json.field("updated_at", Self.modified)
            json.array("modules") { json in
                for name in shelf.packages.keys.sorted() where !name.text.hasPrefix("@node-red/") {
                    guard let latest = PackageShelf.latest(among: shelf.versions(of: name)),
                        let manifest = Self.manifest(of: latest),
                        let nodes = manifest.object["node-red"]?["nodes"]?.object
                    else { continue }
                    json.object { json in
                        json.field("id", name.text)
                        json.field("version", latest.version)
                        json.field("description", manifest.object["description"]?.string ?? "")
                        json.array("keywords") { json in
                            for word in manifest.keywords { json.value(word) }
                        }
                        json.array("types") { json in
                            for (type, _) in nodes.members { json.value(type) }
                        }
                        json.field("updated_at", Self.modified)
                        json.field("url", manifest.object["homepage"]?.string ?? "")
                    }
                }
            }
        }
        return Document(json.bytes)
    }

    static let modified = "1985-10-26T08:15:00.000Z"

    private static func manifest(of copy: PackageCopy) -> PackageManifest? {
        PackageManifest.read(root: copy.root, copy.directory)
    }

    private static func searched(_ manifest: PackageManifest) -> String {
        let words = manifest.keywords.joined(separator: " ")
        let description = manifest.object["description"]?.string ?? ""
        return "\(manifest.name) \(description) \(words)".lowercased()
    }

    private static func write(found manifest: PackageManifest, to json: inout JSONWriter) {
        json.object { json in
            json.object("package") { json in
                json.field("name", manifest.name.text)
                json.field("version", manifest.version.text)
                json.field("description", manifest.object["description"]?.string ?? "")
                json.array("keywords") { json in
                    for word in manifest.keywords { json.value(word) }
                }
                json.field("date", modified)
                json.object("links") { _ in }
                json.array("maintainers") { _ in }
            }
            json.object("score") { json in
                json.field("final", 1)
                json.object("detail") { json in
                    for key in ["quality", "popularity", "maintenance"] { json.field(key, 1) }
                }
            }
            json.field("searchScore", 1)
        }
    }
}

extension PackageManifest {
    var keywords: [String] {
        (object["keywords"]?.array ?? []).compactMap(\.string).prefix(50).map { $0 }
    }
}
