package import Basics
package import Domain

/// What was compared, as people know it.
package struct ComparedSide: Sendable {
    package enum Kind: String, Sendable, CaseIterable { case version, snapshot, instance, file }

    package let kind: Kind
    /// Of the version, snapshot or instance.
    package let id: String?
    package let label: String
    package let at: Timestamp?
    package let by: String?
    package let instanceID: Instance.ID?
    /// Whose flows these are: of an instance, its newest version.
    package let version: Version?
    package let nodes: Int

    init(_ source: ComparisonSource, _ version: Version?, nodes: Int) {
        self.nodes = nodes
        switch source {
        case .version(let version, let instance):
            kind = .version
            id = version.id.text
            label = "\(instance.name.text), version \(version.number)"
            (at, by) = (version.at, version.by)
            instanceID = instance.id
            self.version = version
        case .snapshot(let snapshot):
            kind = .snapshot
            id = snapshot.id.text
            label = snapshot.name.text
            (at, by) = (snapshot.createdAt, snapshot.author)
            instanceID = snapshot.instanceID
            self.version = nil
        case .instance(let instance):
            kind = .instance
            id = instance.id.text
            label = instance.name.text
            (at, by) = (version?.at, version?.by)
            instanceID = instance.id
            self.version = version
        case .file(_, let name):
            kind = .file
            id = nil
            label = name
            (at, by) = (nil, nil)
            instanceID = nil
            self.version = nil
        }
    }
}
