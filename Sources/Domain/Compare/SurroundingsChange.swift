/// What flows need around them and how that differs: modules and environment variables.
package struct SurroundingsChange: Sendable, Equatable {
    package struct Module: Sendable, Equatable {
        package let name: String
        /// `nil`: is not there.
        package let from: String?
        package let to: String?
    }

    package struct Variable: Sendable, Equatable {
        package enum Change: String, Sendable, CaseIterable { case added, removed }
        package let name: String
        package let change: Change
    }

    package let modules: [Module]
    package let environment: [Variable]

    package static let none = SurroundingsChange(modules: [], environment: [])

    private init(modules: [Module], environment: [Variable]) {
        self.modules = modules
        self.environment = environment
    }

    /// By name. Of a module that is listed twice, the last counts.
    package init(
        modules: (from: [NodeModule], to: [NodeModule]),
        environment: (from: [String], to: [String])
    ) {
        let old = Self.versions(modules.from)
        let new = Self.versions(modules.to)
        self.modules = Set(old.keys).union(new.keys).sorted()
            .filter { old[$0] != new[$0] }
            .map { Module(name: $0, from: old[$0], to: new[$0]) }
        let (before, after) = (Set(environment.from), Set(environment.to))
        self.environment = before.symmetricDifference(after).sorted().map {
            Variable(name: $0, change: after.contains($0) ? .added : .removed)
        }
    }

    package var isEmpty: Bool { modules.isEmpty && environment.isEmpty }

    private static func versions(_ modules: [NodeModule]) -> [String: String] {
        Dictionary(modules.map { ($0.name, $0.version) }) { _, last in last }
    }
}
