"""A12: configuration of assistants, editors and git, in the home and in the project."""
import os

from planting import PlantingAttack


class Attack(PlantingAttack):
    row = "A12"
    title = "assistant and editor configuration"

    def existing(self, world):
        return {os.path.join(world.home, ".claude/settings.json"): "{}\n",
                os.path.join(world.project, ".vscode/settings.json"): "{}\n",
                os.path.join(world.project, ".git/config"): "[core]\n",
                os.path.join(world.project, ".git/hooks/pre-commit.sample"): "#!/bin/sh\n"}

    def targets(self, world):
        home, project = world.home, world.project
        return [os.path.join(home, ".claude/settings.json"),
                "+" + os.path.join(home, ".claude.json"),
                os.path.join(home, ".cursor/mcp.json"),
                os.path.join(home, ".config/Code/User/settings.json"),
                "+" + os.path.join(home, ".gitconfig"),
                os.path.join(home, ".vimrc"),
                os.path.join(project, ".claude/settings.json"),
                "=" + os.path.join(project, ".mcp.json"),
                os.path.join(project, ".vscode/tasks.json"),
                "=" + os.path.join(project, ".vscode/settings.json"),
                "=" + os.path.join(project, ".git/hooks/pre-commit"),
                os.path.join(project, ".cursor/rules/evil.mdc")]
