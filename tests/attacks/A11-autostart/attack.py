"""A11: units, autostart entries, authorized keys."""
import os

from planting import PlantingAttack


class Attack(PlantingAttack):
    row = "A11"
    title = "autostart places"

    def existing(self, world):
        home = world.home
        return {os.path.join(home, ".ssh/authorized_keys"): "ssh-ed25519 AAAA someone\n",
                os.path.join(home, ".config/systemd/user/mine.service"): "[Unit]\n"}

    def targets(self, world):
        home = world.home
        return ["+" + os.path.join(home, ".ssh/authorized_keys"),
                os.path.join(home, ".config/systemd/user/mine.service"),
                "=" + os.path.join(home, ".config/systemd/user/evil.service"),
                os.path.join(home, ".config/systemd/user/default.target.wants/evil.service"),
                os.path.join(home, ".config/autostart/evil.desktop"),
                os.path.join(home, ".local/share/systemd/user/evil.service"),
                os.path.join(home, ".xprofile"),
                os.path.join(home, ".pam_environment"),
                "=" + os.path.join(home, ".config/environment.d/evil.conf"),
                os.path.join(home, ".local/bin/sudo")]
