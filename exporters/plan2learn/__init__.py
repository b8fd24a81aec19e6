"""Plan2Learn: course and competence system. Five whole files a night."""

from exporters.plan2learn.settings import Plan2LearnSettings
from exporters.plan2learn.target import Plan2Learn

__all__ = ["Plan2Learn", "Plan2LearnSettings"]
