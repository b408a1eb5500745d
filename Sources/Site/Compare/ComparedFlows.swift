package import Domain

/// The answer to "what is different between these two?"
package struct ComparedFlows: Sendable {
    package let from: ComparedSide
    package let to: ComparedSide
    package let flows: ShownComparison
    package let surroundings: SurroundingsChange
    package let isIdentical: Bool
    /// Sentences about what could not be compared.
    package let warnings: [String]
}

/// Why two sides could not be compared.
package enum ComparisonFault: Error, Sendable, Equatable {
    case deploy(DeployFault)
    case version(VersionFault)
    /// What is kept there can be restored but not compared.
    case flows(label: String, FlowFault)
}
