package import Domain
import Site

/// Where there are no devices: nobody is told anything, and nobody says anything.
package struct NoRolloutFleet: RolloutFleet {
    package init() {}
    package func desiredChanged(_ devices: [Device.ID]) async {}
    package func standings(of devices: [Device.ID]) async -> [DeviceStanding] { [] }
}
